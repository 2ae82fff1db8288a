package stamp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/stamp"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// The stamp is the one of the module's programs: with a tag, behind it, with changes, and without version control. Nothing
// is written into the module.
func TestRead(t *testing.T) {
	for _, tool := range []string{"go", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			needs.Absent(t, needs.Tools, "needs "+tool)
		}
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	cache := t.TempDir()
	env := append(os.Environ(), "GOFLAGS=-buildvcs=false")
	read := func() stamp.Stamp { return stamp.Read(t.Context(), dir, cache, "go1.0", env) }

	write("go.mod", "module example.com/m\n\ngo 1.24\n")
	write("m.go", "package m\n")
	if s := read(); s.Version != "" || s.VCS != "" || !strings.HasPrefix(s.Go, "go1.") {
		t.Errorf("without version control: %+v", s)
	}
	git("init", "-q")
	git("add", "-A")
	git("commit", "-qm", "first")
	git("tag", "v1.2.0")
	s := read()
	if s.Version != "v1.2.0" || s.VCS != "git" || len(s.Revision) != 40 || s.Time == "" || s.Modified {
		t.Errorf("a tag: %+v", s)
	}
	write("m.go", "package m\n\n// X is new.\nconst X = 1\n")
	if s := read(); s.Version != "v1.2.0+dirty" || !s.Modified {
		t.Errorf("changed: %+v", s)
	}
	git("commit", "-qam", "second")
	if s := read(); !strings.HasPrefix(s.Version, "v1.2.1-0.") || s.Modified {
		t.Errorf("behind a tag: %+v", s)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "xcmatrix*")); len(left) > 0 {
		t.Errorf("written into the module: %v", left)
	}
	write("go.mod", "module example.com/m\n\nrequire nonsense\n")
	if s := read(); s.Version != "" {
		t.Errorf("a broken module: %+v", s)
	}
}
