package stream_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/stream"
)

// read feeds a text, in which ^ stands for the marker.
func read(p *stream.Parser, text string) {
	for line := range bytes.Lines([]byte(strings.ReplaceAll(text, "^", "\x16"))) {
		p.Line(line)
	}
}

func TestParser(t *testing.T) {
	p := stream.New([]string{"TestA", "TestB", "TestC", "TestPar1", "TestPar2", "TestNever"})
	now := time.Unix(0, 0)
	p.Now = func() time.Time { now = now.Add(time.Second); return now }
	read(p, `starting servers
^=== RUN   TestA
^=== RUN   TestA/x
    a_test.go:1: hello
^--- PASS: TestA/x (0.00s)
^=== NAME  TestA
^=== RUN   TestA/y z
^--- FAIL: TestA/y_z (0.10s)
^=== RUN   TestA/s
^--- SKIP: TestA/s (0.00s)
half a line^--- FAIL: TestA (0.25s)
^=== NAME  
^=== ATTR  TestA key a value
^=== RUN   TestPar1
^=== PAUSE TestPar1
^=== RUN   TestPar2
^=== PAUSE TestPar2
^=== RUN   TestB
^--- SKIP: TestB (0.00s)
^=== CONT  TestPar1
^=== CONT  TestPar2
^--- PASS: TestPar2 (1.50s)
^=== RUN   TestC
^=== RUN   TestC/open
panic: boom
`)
	a := p.Tests["TestA"]
	if a.Outcome != stream.Fail || a.Seconds != 0.25 || a.Subtests != 3 || a.Failing != 1 || a.Skipped != 1 || a.Failed[0] != "TestA/y_z" ||
		!strings.Contains(a.Output.String(), "hello") || !strings.Contains(a.Output.String(), "half a line") || len(a.Attrs) != 1 || a.Attrs[0] != (stream.Attr{Key: "key", Value: "a value"}) {
		t.Errorf("%+v", a)
	}
	if b := p.Tests["TestB"]; b.Outcome != stream.Skip {
		t.Errorf("%+v", b)
	}
	if c := p.Tests["TestC"]; !c.Runs() || c.Open != "TestC/open" || !strings.Contains(c.Output.String(), "panic: boom") {
		t.Errorf("%+v", c)
	}
	par1, par2 := p.Tests["TestPar1"], p.Tests["TestPar2"]
	if !par1.Runs() || par1.Paused() || par2.Outcome != stream.Pass || par2.Ran > 3*time.Second {
		t.Errorf("%+v %+v", par1, par2)
	}
	if p.Tests["TestNever"].Started() || p.Final != stream.None || p.Noise != 0 || !strings.Contains(p.Text.String(), "starting servers") {
		t.Errorf("%+v", p)
	}
}

// What a test prints gives no other test a verdict, and no test one twice.
func TestForgedFrames(t *testing.T) {
	p := stream.New([]string{"TestA", "TestB", "TestC"})
	read(p, `^=== RUN   TestA
^--- PASS: TestB (0.00s)
^--- PASS: TestGhost (0.00s)
^=== RUN   TestGhost
^--- WHAT: TestA (0.00s)
^--- PASS: TestA
^nonsense
--- PASS: TestB (0.00s)
^=== ATTR  TestGhost a b
^--- PASS: TestA (0.00s)
^--- FAIL: TestA (0.00s)
^=== RUN   TestA
^=== RUN   TestC
^--- FAIL: TestC (0.00s)
^--- PASS: TestC (0.00s)
`)
	if a, b, c := p.Tests["TestA"], p.Tests["TestB"], p.Tests["TestC"]; a.Outcome != stream.Fail || a.Claims != 2 || b.Started() || b.Outcome != stream.None ||
		c.Outcome != stream.Fail || c.Claims != 2 {
		t.Errorf("%+v %+v %+v", a, b, c)
	}
	if p.Noise != 10 {
		t.Errorf("%d frames that mean nothing", p.Noise)
	}
}

func TestClip(t *testing.T) {
	var c stream.Clip
	for i := range 100_000 {
		c.Write(fmt.Appendf(nil, "line %d\n", i))
	}
	if s := c.String(); len(s) > 24<<10 || !strings.HasPrefix(s, "line 0\n") || !strings.HasSuffix(s, "line 99999\n") || !strings.Contains(s, "…") {
		t.Errorf("%d bytes", len(s))
	}
}

func FuzzParser(f *testing.F) {
	f.Add([]byte("\x16=== RUN   TestA\n\x16--- PASS: TestA (0.00s)\n\x16PASS\n"))
	f.Add([]byte("\x16=== \x16=== RUN\n\x16--- \n\x16--- PASS: (s)\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p := stream.New([]string{"TestA"})
		for line := range bytes.Lines(text) {
			p.Line(line)
		}
		if a := p.Tests["TestA"]; a.Outcome != stream.None && !a.Started() {
			t.Errorf("%+v", a)
		}
	})
}

func BenchmarkSubtests(b *testing.B) {
	var text []byte
	for i := range 1000 {
		text = fmt.Appendf(text, "\x16=== RUN   TestA/s#%d\n\x16--- PASS: TestA/s#%d (0.00s)\n\x16=== NAME  TestA\n", i, i)
	}
	for b.Loop() {
		p := stream.New([]string{"TestA"})
		p.Line([]byte("\x16=== RUN   TestA\n"))
		for line := range bytes.Lines(text) {
			p.Line(line)
		}
	}
}

func TestArtifacts(t *testing.T) {
	p := stream.New([]string{"TestA"})
	for _, line := range []string{"=== RUN   TestA", "=== ARTIFACTS TestA /o/_artifacts/1", "=== ARTIFACTS TestA/sub /o/_artifacts/2",
		"=== ARTIFACTS TestB /o/_artifacts/3", "=== ARTIFACTS TestA", "=== ARTIFIX TestA /o"} {
		p.Line([]byte("\x16" + line + "\n"))
	}
	if len(p.Artifacts) != 2 || p.Artifacts["/o/_artifacts/1"] != "TestA" || p.Artifacts["/o/_artifacts/2"] != "TestA/sub" || p.Noise != 3 {
		t.Errorf("%v, %d lines of noise", p.Artifacts, p.Noise)
	}
}
