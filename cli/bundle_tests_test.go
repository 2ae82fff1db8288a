package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// carriedModule is a module with a test that passes, one that fails, one that reads a file, and a package that builds nowhere.
var carriedModule = map[string]string{
	"go.mod":             "module example.com/carried\n\ngo 1.24\n",
	"product.yaml":       "name: {zh: 例, en: Example}\nversion: v1.0.0\nvendor: {zh: 甲, en: A}\nmodule: example.com/carried\nlicence: MIT\n",
	"a_test.go":          "package carried\n\nimport \"testing\"\n\nfunc TestPasses(t *testing.T) { t.Run(\"sub\", func(*testing.T) {}) }\n\nfunc TestFails(t *testing.T) { t.Error(\"this is wrong\") }\n",
	"data/d_test.go":     "package data\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestReads(t *testing.T) {\n\tif b, err := os.ReadFile(\"testdata/x\"); err != nil || string(b) != \"x\" {\n\t\tt.Fatal(err)\n\t}\n}\n",
	"data/testdata/x":    "x",
	"broken/b.go":        "package broken\n\nvar x int = \"\"\n",
	"broken/b_test.go":   "package broken\n\nimport \"testing\"\n\nfunc TestNever(*testing.T) {}\n",
	"notes/not-a-go.txt": "",
}

// bundled makes that module, tagged v1.0.0, and a bundle of its tests for this machine by a program that is no checkout's.
func bundled(t *testing.T, dir string) (stick string) {
	t.Helper()
	for _, tool := range []string{"go", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			needs.Absent(t, needs.Tools, err.Error())
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := (build.Payload{Path: self}).CheckStatic(); err != nil {
		t.Skip("does not apply: this test binary is built with cgo, and what is taken along is static")
	}
	module := filepath.Join(dir, "module")
	for name, text := range carriedModule {
		path := filepath.Join(module, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-qm", "a"},
		{"-c", "tag.gpgsign=false", "tag", "v1.0.0"}} {
		if out, err := exec.Command("git", append([]string{"-C", module}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	stick = filepath.Join(dir, "stick")
	cmd := program(t, module, "bundle", "--test", "--target", "native", "--out", stick, "--quiet")
	cmd.Env = append(cmd.Env, "GOFLAGS=", "XDG_CACHE_HOME="+os.Getenv("XDG_CACHE_HOME"))
	if s := try(t, cmd); s.code != exitPass || strings.Contains(s.err, "not clean") {
		t.Fatalf("%+v", s)
	}
	return stick
}

// withoutGo is an environment as a lab machine has it: the programs that run.sh needs, and no others.
func withoutGo(t *testing.T, dir string) []string {
	t.Helper()
	bin, home := filepath.Join(dir, "bin"), filepath.Join(dir, "home")
	for _, d := range []string{bin, home} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"uname", "mkdir", "cp", "df", "rm", "date", "wc", "chmod", "cat", "sha256sum", "grep"} {
		path, err := exec.LookPath(name)
		if err != nil {
			needs.Absent(t, needs.Tools, err.Error())
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"PATH=" + bin, "HOME=" + home, "LC_ALL=C", asProgram + "=1", "XCMATRIX_LOCK=" + filepath.Join(dir, "lock")}
}

// TestBundleOfTests takes a module's tests to a machine without Go, and what came of them back.
func TestBundleOfTests(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it builds a module's tests and runs them")
	}
	dir := t.TempDir()
	stick := bundled(t, dir)
	if text := readFile(t, filepath.Join(stick, "tests.txt")); !strings.Contains(text, "example.com/carried v1.0.0") || !strings.Contains(text, "do not build/无法构建的包: 1") {
		t.Errorf("%s", text)
	}
	cmd := program(t, dir)
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path, cmd.Args, cmd.Env = sh, []string{"sh", filepath.Join(stick, "run.sh")}, withoutGo(t, dir)
	s := try(t, cmd)
	if s.code != exitFound || strings.Contains(s.out, "Next:") || strings.Contains(s.out, "Results:") || !strings.Contains(s.err, "xcmatrix show "+stick) {
		t.Fatalf("status %d: %s%s", s.code, s.out, s.err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "home")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	packs, err := filepath.Glob(filepath.Join(stick, "*.xcr"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	checkBrought(t, packs[0])
	key, out := filepath.Join(dir, "key"), filepath.Join(dir, "certificates")
	t.Setenv(passphraseVariable, "correct horse")
	if s := call("keygen", "--out", key, "--name", "Lab"); s.code != exitPass {
		t.Fatal(s)
	}
	if s := call("certify", packs[0], "--product", filepath.Join(dir, "module", "product.yaml"), "--key", key, "--out", out, "--lang", "en"); s.code != exitFound || !strings.Contains(s.out, "10 of 10 specs of example.com/carried v1.0.0 were to run") { // a report: a test fails
		t.Fatal(s)
	}
	first, err := filepath.Glob(filepath.Join(out, "*", "*", "certificate.md"))
	if err != nil || len(first) != 1 || !strings.Contains(readFile(t, first[0]), "v1.0.0") {
		t.Errorf("%v %v", first, err)
	}
}

// checkBrought holds a run of carriedModule against what is right.
func checkBrought(t *testing.T, pack string) {
	t.Helper()
	run, err := store.Load(pack)
	if err != nil {
		t.Fatal(err)
	}
	if p := run.Manifest.Product; run.Seal == nil || p == nil || p.Version != "v1.0.0" || !p.Committed || len(p.Plans) != 1 || p.Plans[0].Target != "native" || p.Plans[0].Packages != 3 {
		t.Errorf("%+v", run.Manifest.Product)
	}
	want := map[string]record.Verdict{"TestPasses": record.Pass, "TestFails": record.Fail, "data/TestReads": record.Pass, "broken/build": record.Fail,
		"broken/TestNever": record.Miss, "build": record.Pass, "vet": record.Pass, "broken/vet": record.Skip, "data/build": record.Pass, "data/vet": record.Pass}
	got := map[string]record.Verdict{}
	for _, c := range run.Cells {
		if c.Provenance() != record.Native {
			t.Errorf("%v", c.Provenance())
		}
		for _, s := range c.Specs {
			got[strings.TrimPrefix(s.ID, "test/example.com/carried/")] = s.Verdict
		}
	}
	for id, verdict := range want {
		if got[id] != verdict {
			t.Errorf("%s: %s, want %s", id, got[id], verdict)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	if s := call("show", pack, "--lang", "en"); s.code != exitPass || !strings.Contains(s.out, "this is wrong") {
		t.Errorf("%+v", s)
	}
	if s := call("findings", pack, "--lang", "en"); s.code != exitPass && s.code != exitFound || !strings.Contains(s.out, "TestFails") {
		t.Errorf("%+v", s)
	}
}

// TestCarriedTestsAreChosen: which tests a file carries was decided when it was made, and it says so.
func TestCarriedTestsAreChosen(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it builds a module's tests")
	}
	dir := t.TempDir()
	stick := bundled(t, dir)
	programs, err := filepath.Glob(filepath.Join(stick, "bin", "*"))
	if err != nil || len(programs) != 1 {
		t.Fatal(programs, err)
	}
	environment := append(withoutGo(t, dir), "XDG_CACHE_HOME="+dir)
	carried := func(args ...string) said {
		cmd := program(t, dir)
		cmd.Path, cmd.Args, cmd.Env = programs[0], append([]string{programs[0]}, args...), environment
		return try(t, cmd)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"test", "--target", "native", "./..."}, "carries tests that are built, of example.com/carried v1.0.0"},
		{[]string{"test", "--target", "native", "--run", "TestPasses"}, "--spec ID chooses"},
		{[]string{"test", "--target", "native", "--deadline", "5s"}, "--spec ID chooses"},
		{[]string{"test", "--target", "arm64,loong64,native"}, "alone: add --target native"},
		{[]string{"test", "--print-tree"}, "the module's files"},
		{[]string{"bundle", "--test", "--out", filepath.Join(dir, "again")}, "carries tests itself"},
	} {
		if s := carried(append(c.args, "--quiet", "--lang", "en")...); s.code != exitUsage || sentences(s) != 1 || !strings.Contains(s.err, c.says) {
			t.Errorf("%v: %+v", c.args, s)
		}
	}
	if s := carried("test", "--target", "native", "--spec", "test/example.com/carried/TestPasses", "--quiet", "--json"); s.code != exitPass || strings.Contains(s.out, "TestFails") {
		t.Errorf("%+v", s)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "again*")); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

// TestBundleFlagsOfTests: what chooses tests is refused without --test, and what chooses suites with it.
func TestBundleFlagsOfTests(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "stick")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"./..."}, "chooses tests of a Go module"},
		{[]string{"--run", "TestA"}, "chooses tests of a Go module"},
		{[]string{"--test", "--suite", "abi"}, "--suite: a bundle with --test has no suites"},
		{[]string{"--test", "--label", "bench"}, "--label: a bundle with --test has no suites"},
		{[]string{"--test", "--plan", "lab.plan"}, "--plan: a bundle with --test has no suites"},
	} {
		s := call(slices.Concat([]string{"bundle", "--out", out, "--lang", "en"}, c.args)...)
		if s.code != exitUsage || sentences(s) != 1 || !strings.Contains(s.err, c.says) {
			t.Errorf("%v: %+v", c.args, s)
		}
	}
}

// TestBundleOutsideACheckout says which command makes one of what is here.
func TestBundleOutsideACheckout(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := (build.Payload{Path: self}).CheckStatic(); err != nil {
		t.Skip("does not apply: this test binary is built with cgo, and what is taken along is static")
	}
	s := try(t, program(t, dir, "bundle", "--out", filepath.Join(dir, "stick"), "--quiet", "--lang", "en"))
	if s.code != exitUsage || sentences(s) != 1 || !strings.Contains(s.err, "put xcmatrix-linux-") || !strings.Contains(s.err, "bundle --target native") {
		t.Errorf("%+v", s)
	}
	if s := try(t, program(t, dir, "bundle", "--target", "native", "--out", filepath.Join(dir, "stick"), "--quiet")); s.code != exitPass {
		t.Errorf("%+v", s)
	}
}
