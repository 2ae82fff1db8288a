package crypto

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

func TestChildResult(t *testing.T) {
	wrong, died := record.Say("the digest is wrong", "摘要有误"), errors.New("exit status 2")
	for name, c := range map[string]struct {
		ends  []record.SpecEnd
		ended error
		want  string // "" for none
	}{
		"passed":           {[]record.SpecEnd{{Verdict: record.Pass}}, nil, ""},
		"passed, and died": {[]record.SpecEnd{{Verdict: record.Pass}}, died, "exit status 2"},
		"failed":           {[]record.SpecEnd{{Verdict: record.Fail, Detail: &wrong}}, nil, "the digest is wrong"},
		"skipped":          {[]record.SpecEnd{{Verdict: record.Skip, Detail: &wrong}}, nil, "skip"},
		"died":             {nil, died, "exit status 2"},
		"ran nothing":      {nil, nil, "no verdict"},
	} {
		var events bytes.Buffer
		w := record.NewWriter(&events)
		for _, e := range c.ends {
			if err := w.Write(record.Event{Kind: record.KindSpecEnd, Spec: shortAnswers + " / emmansun", End: &e}); err != nil {
				t.Fatal(err)
			}
		}
		events.WriteString("garbage\n")
		err := childResult(&events, atAnswer+"SM3\n"+atAnswer+"SM4\nSIGILL: illegal instruction\nPC=0\n", c.ended)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		case c.want != "" && name != "passed, and died" && !strings.Contains(err.Error(), "SM4 SIGILL: illegal instruction"):
			t.Errorf("%s: %v does not say what it was at", name, err)
		}
	}
}

// The output of a child can be read, with and without a directory for temporary files.
func TestMemoryFile(t *testing.T) {
	t.Setenv("TMPDIR", "/nonexistent")
	f, err := memoryFile()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command("sh", "-c", "echo at SM3 >&2")
	cmd.Stderr = f
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<10)); err != nil || string(said) != "at SM3\n" {
		t.Errorf("%q, %v", said, err)
	}
}

// A child that a limit of the machine ends is no finding about a library; a child that ends otherwise is.
func TestMachineReason(t *testing.T) {
	for _, c := range []struct {
		script, complaint, want string
	}{
		{"exit 2", "runtime: failed to create new OS thread (have 2 already; errno=11)", "failed to create new OS thread"},
		{"exit 2", "fatal error: runtime: cannot allocate memory", "cannot allocate memory"},
		{"kill -KILL $$", "", "signal: killed"},
		{"kill -ILL $$", "at SM3", ""},
		{"exit 2", "SIGILL: illegal instruction", ""},
		{"exit 0", "out of memory", ""},
	} {
		if got := machineReason(c.complaint, exec.Command("sh", "-c", c.script).Run()); got != c.want {
			t.Errorf("%s, %q: %q, want %q", c.script, c.complaint, got, c.want)
		}
	}
}

// TestShortAnswers checks that the children run the vectors of the suite itself, and fail for a wrong answer.
func TestShortAnswers(t *testing.T) {
	for _, s := range right() {
		n := 0
		for _, a := range shortAnswersOf(s) {
			n++
			if err := a.put(); err != nil && !isUnsupported(err) {
				t.Errorf("%s: %s: %v", s.Name, a.id, err)
			}
		}
		if n < 150 {
			t.Errorf("%s: %d answers", s.Name, n)
		}
	}
	liar := subject.Emmansun()
	liar.Hash = lyingHash{liar.Hash, &lie{at: 1}}
	failed := 0
	for _, a := range shortAnswersOf(liar) {
		failed += unmet(a.put)
	}
	if failed != 1 {
		t.Errorf("one lie made %d answers wrong", failed)
	}
}
