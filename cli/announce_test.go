package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// A run says first what will run, where, how long that took before, and what is downloaded; and again when it waits for
// the machine.
func TestAnnounce(t *testing.T) {
	dir := t.TempDir()
	run := func() said {
		return try(t, program(t, dir, "run", "--suite", "selftest", "--target", "native", "--spec", "meets its expectation: pass", "--runs", dir+"/runs", "--lang", "en"))
	}
	first := run()
	line, _, _ := strings.Cut(first.err, "\n")
	if line != "selftest on native; how long it takes is not known here yet; nothing is downloaded" {
		t.Errorf("%q\n%s", line, first.err)
	}
	second := run()
	if line, _, _ := strings.Cut(second.err, "\n"); line != "selftest on native; 10s last time; nothing is downloaded" {
		t.Errorf("%q", line)
	}
}

func TestRounded(t *testing.T) {
	for d, want := range map[time.Duration]string{time.Second: "10s", 47 * time.Second: "50s", 130 * time.Second: "2m", time.Hour + 29*time.Second: "1h0m"} {
		if got := rounded(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// What is left goes by how long the same took before, else by what is done; at the end nothing is left.
func TestTimeLeft(t *testing.T) {
	p := &progress{app: &app{lang: "en"}, began: time.Now().Add(-time.Minute), expected: 3 * time.Minute}
	if got := p.left(1, 100); got != ", about 2m left" && got != ", about 2m0s left" {
		t.Error(got)
	}
	p.expected = 0
	if got := p.left(1, 100); got != "" {
		t.Error(got)
	}
	if got := p.left(50, 100); got != ", about 1m0s left" && got != ", about 1m left" {
		t.Error(got)
	}
	if got := p.left(100, 100); got != "" {
		t.Error(got)
	}
}

func TestTook(t *testing.T) {
	root := t.TempDir()
	dir := labRun(t, root, "20261121-080000-test", "arm64", "kunpeng-920", 1, 2)
	if m, d, err := store.Took(dir); err != nil || m.Run != "20261121-080000-test" || d == 0 {
		t.Errorf("%v %v %v", m.Run, d, err)
	}
}

// Whoever has the machine is named once, and again when it is somebody else; on a terminal on a line of its own.
func TestWaitingIsSaidOnce(t *testing.T) {
	var out strings.Builder
	p := &progress{app: &app{lang: "en", err: &out}}
	first := lock.Holder{Who: "lab", PID: 7, What: "run a: native crypto, round 1", Since: time.Unix(1000, 0)}
	second := first
	second.What = "run a: native crypto, round 2"
	for _, h := range []lock.Holder{first, first, second, second} {
		p.waiting(h)
	}
	if n := strings.Count(out.String(), "waiting:"); n != 2 || strings.Count(out.String(), "round 2") != 1 {
		t.Errorf("said %d times:\n%s", n, out.String())
	}
	out.Reset()
	p.width, p.waited = 80, ""
	p.waiting(first)
	p.notice("kunpeng", record.Say("the connection has ended", "连接已中断"))
	if n := strings.Count(out.String(), "\r\x1b[K"); n != 2 || !strings.Contains(out.String(), "\x1b[Kkunpeng: the connection") {
		t.Errorf("%q", out.String())
	}
}
