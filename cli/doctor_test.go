package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// brokenGo is a directory with a go command that answers nothing.
func brokenGo(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte("#!/bin/sh\necho 'go: cannot find GOROOT directory: /nope' >&2\nexit 2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return bin
}

// On a machine that has the file alone nothing has to be built, and a broken Go there is no matter until the item
// toolchain is to run.
func TestDoctorOfALabMachine(t *testing.T) {
	dir := t.TempDir()
	doctor := func(path string, args ...string) said {
		cmd := program(t, dir, append([]string{"doctor", "--target", "native", "--lang", "en"}, args...)...)
		cmd.Env = append(cmd.Env, "PATH="+path)
		return try(t, cmd)
	}
	for _, path := range []string{"/usr/bin:/bin", brokenGo(t) + ":/usr/bin:/bin"} {
		if s := doctor(path, "--suite", "abi"); s.code != exitPass || s.out != "✓ all is well; checks: 1 (--verbose lists them)\n" {
			t.Errorf("%s: %+v", path, s)
		}
	}
	s := doctor(brokenGo(t)+":/usr/bin:/bin", "--suite", "abi,toolchain")
	if s.code != exitPass || strings.Count(s.out, "\n") != 1 || !strings.HasPrefix(s.out, "✗ the go command in this shell: ") ||
		!strings.Contains(s.out, "/nope → unset GOROOT") {
		t.Errorf("%+v", s)
	}
}

// In a checkout, what keeps the go command from answering has one line with its remedy; a payload needs it not.
func TestDoctorOfABrokenShell(t *testing.T) {
	for variable, c := range map[string]struct{ value, words string }{
		"GOROOT":  {"/nope", "→ unset GOROOT"},
		"GOFLAGS": {"-nonsense", "→ correct GOFLAGS"},
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, c.value)
			s := call("doctor", "--target", "native", "--suite", "abi", "--lang", "en")
			if s.code != exitPass || strings.Count(s.out, "\n") != 1 || !strings.HasPrefix(s.out, "✗ the go command in this shell: ") || !strings.Contains(s.out, c.words) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestDoctorListsEveryCheck(t *testing.T) {
	s := call("doctor", "--target", "native", "--suite", "abi", "--lang", "zh")
	if s.code != exitPass || !strings.HasPrefix(s.out, "✓ 一切正常") || strings.Count(s.out, "\n") != 1 {
		t.Errorf("%+v", s)
	}
	s = call("doctor", "--target", "native", "--suite", "abi", "--lang", "en", "--verbose")
	for _, want := range []string{"✓ target native (native)\n", "✓ the Go compiler\n", "✓ Go's build cache\n", "✓ the go command in this shell\n", "\n✓ all is well; "} {
		if !strings.Contains(s.out, want) {
			t.Errorf("%q is not in %+v", want, s)
		}
	}
	var needs []need
	s = call("doctor", "--target", "native", "--suite", "abi", "--json")
	if err := json.Unmarshal([]byte(s.out), &needs); err != nil || len(needs) < 5 {
		t.Errorf("%v %+v", err, s)
	}
}
