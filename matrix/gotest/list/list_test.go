package list_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
)

// write makes a module of files below a directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func query(dir, goarch string, patterns ...string) list.Query {
	return list.Query{Dir: dir, Env: append(os.Environ(), "GOARCH="+goarch, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS="), Patterns: patterns}
}

func TestPackages(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod":  "module m\ngo 1.26\n",
		"a/a.go":  "package a\n",
		"a/a1.go": "package a\n// nothing",
		"a/a_test.go": `package a
import ("testing"; "os"; . "testing")
func TestMain(m *testing.M) { os.Exit(0) }
func TestA(t *testing.T) {}
func TestDot(t *T) {}
func Testlower(t *testing.T) {}
func TestWrong(b *testing.B) {}
func TestTwo(a, b *testing.T) {}
func Test(t *testing.T) {}
func FuzzX(f *testing.F) {}
func BenchmarkY(b *testing.B) {}
type s struct{}
func (s) TestMethod(t *testing.T) {}
func Example() {
	// Output:
}
func Example_runs() {
	println()
	// Output: x
}
func Example_compiled() { println() }
`,
		"a/b_loong64_test.go": "package a\nimport \"testing\"\nfunc TestLoong(t *testing.T) {}\n",
		"a/x_test.go":         "package a_test\nimport \"testing\"\nfunc TestX(t *testing.T) {}\n",
		"amd/a_amd64.go":      "package amd\n",
		"plain/p.go":          "package plain\n",
		"broken/b.go":         "package broken\n",
		"broken/b_test.go":    "package broken\nfunc {",
	})
	for goarch, want := range map[string][]string{
		"amd64":   {"Example", "Example_runs", "FuzzX", "BenchmarkY", "Test", "TestA", "TestDot", "TestX"},
		"loong64": {"Example", "Example_runs", "FuzzX", "BenchmarkY", "Test", "TestA", "TestDot", "TestX", "TestLoong"},
	} {
		all, err := list.Packages(t.Context(), query(dir, goarch, "./..."))
		if err != nil {
			t.Fatal(err)
		}
		byPath := map[string]*list.Package{}
		for _, p := range all {
			byPath[p.ImportPath] = p
		}
		got := map[string]bool{}
		for _, f := range byPath["m/a"].Funcs {
			got[f.Name] = true
		}
		wanted := map[string]bool{}
		for _, name := range want {
			wanted[name] = true
		}
		if !reflect.DeepEqual(got, wanted) || !byPath["m/a"].TestMain {
			t.Errorf("%s: %v, want %v", goarch, got, wanted)
		}
		if amd := byPath["m/amd"]; (amd != nil && amd.Excluded()) != (goarch == "loong64" && amd != nil) {
			t.Errorf("%s: amd %+v", goarch, amd)
		}
		if byPath["m/plain"].HasTests() || byPath["m/broken"].Wrong == "" {
			t.Errorf("%s: plain %+v, broken %q", goarch, byPath["m/plain"], byPath["m/broken"].Wrong)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no module":   {map[string]string{"a.txt": ""}, "go mod init"},
		"vendor":      {map[string]string{"go.mod": "module m\ngo 1.26\nrequire golang.org/x/sys v0.30.0\n", "vendor/modules.txt": "# x\n", "a.go": "package a\n"}, "go mod vendor"},
		"too old":     {map[string]string{"go.mod": "module m\ngo 1.999\n", "a.go": "package a\n"}, "1.999"},
		"bad go.mod":  {map[string]string{"go.mod": "module m\nnonsense\n"}, "nonsense"},
		"go.work":     {map[string]string{"go.work": "go 1.26\nuse ./gone\n", "a.go": "package a\n"}, "go.work"},
		"not a thing": {map[string]string{"go.mod": "module m\ngo 1.26\n", "a.go": "package a\n"}, ""},
	} {
		q := query(write(t, c.files), "amd64", "./...")
		q.Env = append(q.Env, "GOTOOLCHAIN=local", "GOPROXY=off", "GOWORK=")
		_, err := list.Packages(t.Context(), q)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAbsentPackages(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": "module m\ngo 1.26\n", "a/a.go": "package a\n"})
	for _, pattern := range []string{"./nothere", "nothere", "example.org/nothere", "./nothere/..."} {
		if all, err := list.Packages(t.Context(), query(dir, "amd64", pattern)); err == nil {
			t.Errorf("%s: %+v", pattern, all)
		} else {
			t.Log(err)
		}
	}
}
