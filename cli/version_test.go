package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// TestVersionAsksTheCheckout: the test's own file does not say its commit, as those that make and run build do not.
func TestVersionAsksTheCheckout(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		needs.Absent(t, needs.Tools, "no git in PATH: install git")
	}
	if build.Own().Commit != "" {
		t.Skip("does not apply: this test was built with -buildvcs=true: run it without")
	}
	dir := t.TempDir()
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+build.Module+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	git("init", "-q")
	git("add", "go.mod")
	git("commit", "-q", "-m", "first")
	commit := git("rev-parse", "HEAD")
	below := filepath.Join(dir, "cli")
	if err := os.Mkdir(below, 0o755); err != nil {
		t.Fatal(err)
	}
	asked := func(where string) versionJSON {
		t.Helper()
		t.Chdir(where)
		s := call("version", "--json")
		var v versionJSON
		if err := json.Unmarshal([]byte(s.out), &v); s.code != exitPass || err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		if !strings.HasPrefix(v.Payload, "sha256:") || v.Go == "" || v.GOARCH == "" || v.Version == "" {
			t.Errorf("incomplete: %+v", v)
		}
		return v
	}
	if v := asked(below); v.Commit != commit || v.CommitFrom != commitFromCheckout {
		t.Errorf("in a checkout of %s: %+v", commit, v)
	}
	if s := call("version"); !strings.Contains(s.out, commit+" (of the checkout here") {
		t.Errorf("%+v", s)
	}
	if err := os.WriteFile(filepath.Join(dir, "new.go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if v := asked(dir); v.Commit != commit+"+dirty" {
		t.Errorf("with a new file: %+v", v)
	}
	if v := asked(t.TempDir()); v.Commit != "" || v.CommitFrom != "" {
		t.Errorf("without a checkout: %+v", v)
	}
	if s := call("version", "--lang", "zh"); s.code != exitPass || !strings.Contains(s.out, "未知") {
		t.Errorf("%+v", s)
	}
}
