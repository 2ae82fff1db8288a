package gotest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	absent "github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// repository is a module in a git repository of its own, tagged v1.2.0, that embeds a file and has a test.
type repository struct {
	*testing.T
	dir string
}

func newRepository(t *testing.T) repository {
	t.Helper()
	for _, tool := range []string{"go", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			absent.Absent(t, absent.Tools, "needs "+tool)
		}
	}
	r := repository{t, t.TempDir()}
	r.write("go.mod", "module example.com/m\n\ngo 1.24\n")
	r.write("m.go", "package m\n\nimport _ \"embed\"\n\n//go:embed text.txt\nvar text string\n\nfunc good() bool { return false }\n")
	r.write("m_test.go", "package m\n\nimport \"testing\"\n\nfunc TestGood(t *testing.T) {\n\tif !good() || text == \"\" {\n\t\tt.Fail()\n\t}\n}\n")
	r.write("text.txt", "one\n")
	r.write("testdata/a", "one\n")
	r.git("init", "-q")
	return r
}

func (r repository) write(name, text string) {
	r.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.Fatal(err)
	}
}

func (r repository) git(args ...string) {
	r.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Dir = r.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		r.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (r repository) commit() {
	r.Helper()
	r.git("add", "-A")
	r.git("commit", "-qm", "first")
	r.git("tag", "v1.2.0")
}

func (r repository) described() *store.Product {
	r.Helper()
	p, err := New(Config{Dir: r.dir}, r.TempDir())
	if err != nil {
		r.Fatal(err)
	}
	d, err := p.Describe(r.Context(), map[string]build.Key{"native": platformHere(), "emulated": {GOOS: "linux", GOARCH: "loong64"}})
	if err != nil {
		r.Fatal(err)
	}
	return d
}

// A module is as committed where the contents say so: what git is told to overlook is found all the same.
func TestAsCommitted(t *testing.T) {
	for name, c := range map[string]struct {
		hide func(r repository)
		want []string
	}{
		"untouched": {func(repository) {}, nil},
		"a file that is ignored, and nothing of the build": {func(r repository) {
			r.write(".git/info/exclude", "*.log\n")
			r.write("a.log", "x")
		}, nil},
		"assume-unchanged": {func(r repository) {
			r.git("update-index", "--assume-unchanged", "m.go")
			r.write("m.go", "package m\n\nvar text = \"x\"\n\nfunc good() bool { return true }\n")
		}, []string{"m.go"}},
		"skip-worktree, of test data": {func(r repository) {
			r.git("update-index", "--skip-worktree", "testdata/a")
			r.write("testdata/a", "two\n")
		}, []string{"testdata/a"}},
		"a deleted file": {func(r repository) {
			r.git("update-index", "--skip-worktree", "testdata/a")
			os.Remove(filepath.Join(r.dir, "testdata/a"))
		}, []string{"testdata/a"}},
		"a source that is excluded": {func(r repository) {
			r.write(".git/info/exclude", "patch_loong64.go\n")
			r.write("patch_loong64.go", "package m\n\nfunc init() { text = \"x\" }\n")
		}, []string{"patch_loong64.go"}},
		"a mode that does not count": {func(r repository) {
			r.git("config", "core.fileMode", "false")
			os.Chmod(filepath.Join(r.dir, "testdata/a"), 0o755)
		}, []string{"testdata/a"}},
		"a filter": {func(r repository) {
			r.git("config", "filter.x.clean", "echo one")
			r.write(".git/info/attributes", "text.txt filter=x\n")
			r.write("text.txt", "two\n")
		}, []string{"text.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepository(t)
			r.commit()
			c.hide(r)
			d := r.described()
			version := "v1.2.0"
			if c.want != nil {
				version += "+dirty"
			}
			if d.Version != version || d.Committed != (c.want == nil) || d.Modified == d.Committed || !slices.Equal(d.Differs, c.want) {
				t.Errorf("%s, committed %v, modified %v, differs %q, want %q", d.Version, d.Committed, d.Modified, d.Differs, c.want)
			}
		})
	}
}

// What is built of another directory is named, with a digest that its files decide; outside the repository no commit has it.
func TestLocals(t *testing.T) {
	r := newRepository(t)
	other := repository{t, t.TempDir()}
	other.write("go.mod", "module example.com/dep\n\ngo 1.24\n")
	other.write("dep.go", "package dep\n")
	outside, err := filepath.Rel(r.dir, other.dir)
	if err != nil {
		t.Fatal(err)
	}
	r.write("sub/go.mod", "module example.com/sub\n\ngo 1.24\n")
	r.write("sub/sub.go", "package sub\n")
	r.write("go.mod", "module example.com/m\n\ngo 1.24\n\nrequire (\n\texample.com/dep v0.0.0\n\texample.com/sub v0.0.0\n)\n\nreplace (\n\texample.com/dep => "+
		filepath.ToSlash(outside)+"\n\texample.com/sub => ./sub\n)\n")
	r.write("use.go", "package m\n\nimport (\n\t_ \"example.com/dep\"\n\t_ \"example.com/sub\"\n)\n")
	r.commit()
	d := r.described()
	if len(d.Locals) != 2 || d.Locals[0].Module != "example.com/dep" || d.Locals[0].Committed || d.Locals[1].Path != "./sub" || !d.Locals[1].Committed || !d.Committed {
		t.Fatalf("%+v", d)
	}
	other.write("dep.go", "package dep\n\nvar X int\n")
	if again := r.described(); again.Locals[0].Digest == d.Locals[0].Digest || again.Locals[1] != d.Locals[1] {
		t.Errorf("%+v", again.Locals)
	}
	r.git("update-index", "--assume-unchanged", "sub/sub.go")
	r.write("sub/sub.go", "package sub\n\nvar X int\n")
	if again := r.described(); again.Committed || !slices.Equal(again.Differs, []string{"sub/sub.go"}) {
		t.Errorf("%+v", again)
	}
}

// A go.work that is no part of the commit is named, and so is what it takes from elsewhere.
func TestWorkspace(t *testing.T) {
	r := newRepository(t)
	r.commit()
	other := repository{t, t.TempDir()}
	other.write("dep/go.mod", "module example.com/dep\n\ngo 1.24\n")
	other.write("dep/dep.go", "package dep\n")
	other.write("go.work", "go 1.24\n\nuse (\n\t./dep\n\t"+r.dir+"\n)\n")
	t.Setenv("GOWORK", filepath.Join(other.dir, "go.work"))
	d := r.described()
	if len(d.Locals) != 2 || d.Locals[0].Module != "example.com/dep" || d.Locals[1].Module != "go.work" || d.Locals[0].Committed || d.Locals[1].Committed {
		t.Errorf("%+v", d.Locals)
	}
	if local, is := d.Outside(); !is || !strings.HasPrefix(local.Digest, "sm3:") {
		t.Errorf("%+v", local)
	}
}
