package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// A second run of the same checkout is of the same version as the first: what a run writes does not count as a change, and
// what the user wrote is named.
func TestRunsLeaveTheCheckoutClean(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it runs a module's tests three times")
	}
	if _, err := exec.LookPath("git"); err != nil {
		needs.Absent(t, needs.Tools, err.Error())
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/clean\n\ngo 1.24\n")
	write("a_test.go", "package clean\n\nimport \"testing\"\n\nfunc TestA(*testing.T) {}\n")
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-qm", "a"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	run := func() (said, *store.Product) {
		cmd := program(t, dir, "test", "--target", "native", "--no-lock", "--quiet")
		cmd.Env = append(cmd.Env, "GOFLAGS=", "XDG_CACHE_HOME="+os.Getenv("XDG_CACHE_HOME"))
		s := try(t, cmd)
		if s.code != exitPass {
			t.Fatalf("status %d: %s%s", s.code, s.out, s.err)
		}
		done, err := store.Load(filepath.Join(dir, "results/runs/latest"))
		if err != nil {
			t.Fatal(err)
		}
		return s, done.Manifest.Product
	}
	for i := range 2 {
		if s, p := run(); p.Modified || strings.Contains(s.err, "not clean") {
			t.Errorf("run %d: %+v\n%s", i, p, s.err)
		}
	}
	write("product.yaml", "name: a\n")
	write("a_test.go", "package clean\n\nimport \"testing\"\n\nfunc TestB(*testing.T) {}\n")
	if s, p := run(); !p.Modified || !strings.Contains(s.err, "not clean") || !strings.Contains(s.err, "a_test.go, product.yaml: commit") {
		t.Errorf("%+v\n%s", p, s.err)
	}
}
