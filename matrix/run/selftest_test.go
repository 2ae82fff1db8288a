package run_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites/selftest"
)

// reasons are what the verdict on a spec has to say, by a part of the spec's id.
var reasons = map[string]string{
	"SIGILL":                    `ended by SIGILL \(SIGILL: illegal instruction\): code linux-\S+ on a CPU with (sse|.* sse|asimd|lam)`,
	"SIGSEGV":                   `ended by SIGSEGV`,
	"kills its process":         `ended by SIGKILL`,
	"status 7":                  `exit status 7`,
	"another goroutine":         `panic: planted`,
	"allocates":                 `took \d+ MiB of memory, more than the \d+ MiB it may`,
	"ignores every signal":      `^not done after`,
	"spin":                      `^not done after`,
	"panics: fail":              `^panic: planted`,
	"line of 100 MiB":           `a line of more than 1048576 bytes`,
	"finds its environment":     `planted: the environment broke`,
	"measures what fails":       `benchmark planted/failure failed: planted: the operation failed`,
	"no number":                 `sample planted cannot be recorded: .*NaN`,
	"lacks something: miss":     `planted: a device is absent`,
	"does not apply: skip":      `planted: it applies nowhere`,
	"fails its expectation":     `(?s)Expected.*to equal`,
	"planted library: fails":    `does not name library`,
	"reports a finding and fai": `(?s)Expected.*to equal`,
}

// judge compares all verdicts on a target with the right ones.
func judge(t *testing.T, r *store.Run, target string, provenance record.Provenance) {
	t.Helper()
	right := selftest.Expected()
	for _, c := range r.Cells {
		for _, s := range c.Specs {
			if c.Target != target {
				continue
			}
			if s.Verdict != right[s.ID] {
				t.Errorf("%s: %s: %s\n%s", target, s.ID, said(s), s.Stack)
			}
			if s.Provenance != provenance {
				t.Errorf("%s: %s: provenance %q", target, s.ID, s.Provenance)
			}
			delete(right, s.ID)
		}
	}
	for id := range right {
		t.Errorf("%s: no verdict on %q", target, id)
	}
	for part, want := range reasons {
		for id := range selftest.Expected() {
			if strings.Contains(id, part) && !regexp.MustCompile(want).MatchString(detail(spec(t, r, target, id))) {
				t.Errorf("%s: %s: %s, want %s", target, id, said(spec(t, r, target, id)), want)
			}
		}
	}
	for _, id := range []string{"panics: fail", "hangs in a spin: timeout", "executes an illegal instruction (SIGILL): crash"} {
		if !strings.Contains(spec(t, r, target, id).Stack, "goroutine") && !strings.Contains(spec(t, r, target, id).Stack, ".go:") {
			t.Errorf("%s: %s: no stack: %q", target, id, spec(t, r, target, id).Stack)
		}
	}
}

func detail(s *store.Spec) string {
	if s.Detail == nil {
		return ""
	}
	return s.Detail.En
}

func TestSelftestNative(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: hangs take their deadlines")
	}
	r := mustRun(t, options(t, self(t), "native"))
	judge(t, r, "native", record.Native)
	if n := r.Cells[0].Attempts; n < 8 {
		t.Errorf("%d processes: each death should have cost one", n)
	}
}

func TestSelftestEmulated(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: hangs take five times their deadlines under an emulator")
	}
	for _, goarch := range []string{"arm64", "loong64"} {
		startable(t, launch.Target{ID: goarch, Key: build.Key{GOOS: "linux", GOARCH: goarch}, Name: "emulated"})
	}
	r := mustRun(t, options(t, source(t), "arm64", "loong64"))
	for _, goarch := range []string{"arm64", "loong64"} {
		judge(t, r, goarch, record.Emulated)
		l := spec(t, r, goarch, "passes after all of them: pass").Launcher
		if l.Name != "qemu-user" || l.CPU == "" || !strings.Contains(l.Version, ".") {
			t.Errorf("%s: launcher %+v", goarch, l)
		}
	}
}

// A line that is far too long is read past, not kept.
func TestEndlessLineInBoundedMemory(t *testing.T) {
	const id = "writes a line of 100 MiB to the event channel: error"
	o := options(t, self(t), "native")
	o.Keep = only(id, "meets its expectation: pass", "passes after all of them: pass")
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		needs.Absent(t, needs.Kernel, fmt.Sprintf("the peak of memory cannot be reset: %v", err))
	}
	before := peak(t)
	r := mustRun(t, o)
	if grown := peak(t) - before; grown > 48<<20 {
		t.Errorf("the coordinator grew by %d MiB", grown>>20)
	}
	for _, s := range r.Cells[0].Specs {
		if want := selftest.Expected()[s.ID]; s.Verdict != want {
			t.Errorf("%s: %s", s.ID, said(s))
		}
	}
}

// peak is the most resident memory this process had, in bytes.
func peak(t *testing.T) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	n, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}
