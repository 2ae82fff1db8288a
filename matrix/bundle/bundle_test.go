package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

var (
	amd64   = build.Key{GOOS: "linux", GOARCH: "amd64"}
	arm64   = build.Key{GOOS: "linux", GOARCH: "arm64"}
	loong64 = build.Key{GOOS: "linux", GOARCH: "loong64"}
	both    = build.Key{GOOS: "linux", GOARCH: "loong64", World: build.BothWorlds}
)

// standIn answers as far as run.sh asks. What it is asked, it writes beside the stick.
const standIn = `#!/bin/sh
echo "$*" >>ASKED
case $1 in
--version) [ STARTS = 0 ] || echo "bad instruction" >&2; exit STARTS ;;
run|test) mkdir -p results/runs/r1; exit 1 ;;
pack) for out; do :; done; [ -e "$out/full" ] && { echo "no room" >&2; exit 2; }; echo packed >"$out/m-1.xcr"; echo "$out/m-1.xcr" ;;
esac
`

// contents are programs for some keys, of which each starts with a status.
func contents(t *testing.T, starts string, keys ...build.Key) Contents {
	t.Helper()
	dir := t.TempDir()
	c := Contents{Programs: map[build.Key]string{}, Vectors: map[string][]byte{"mine.json": []byte("{}\n")}}
	for _, k := range keys {
		path := filepath.Join(dir, k.String())
		text := strings.NewReplacer("ASKED", filepath.Join(dir, "asked"), "STARTS", starts).Replace(standIn)
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		c.Programs[k] = path
	}
	return c
}

func TestTheSameBundleTwice(t *testing.T) {
	c := contents(t, "0", amd64, arm64, both)
	dir := t.TempDir()
	for _, name := range []string{"a.tar", "a.tar.gz", "a.tgz", "a"} {
		var made []string
		for n := range 2 {
			path := filepath.Join(dir, fmt.Sprint(n, name))
			if err := Write(path, c); err != nil {
				t.Fatal(err)
			}
			made = append(made, listing(t, path))
		}
		if made[0] != made[1] {
			t.Errorf("%s differs:\n%s%s", name, made[0], made[1])
		}
	}
	var names []string
	for line := range strings.Lines(listing(t, filepath.Join(dir, "0a"))) {
		names = append(names, strings.Fields(line)[0])
	}
	want := []string{"README.txt", "SHA256SUMS", "SM3SUMS", "bin/xcmatrix-linux-amd64", "bin/xcmatrix-linux-arm64", "bin/xcmatrix-linux-loong64-both", "run.sh", "vectors/mine.json"}
	if !slices.Equal(names, want) {
		t.Errorf("%v", names)
	}
	if _, err := exec.LookPath("sha256sum"); err == nil {
		cmd := exec.Command("sha256sum", "-c", "SHA256SUMS")
		cmd.Dir = filepath.Join(dir, "0a")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, out)
		}
	}
}

// listing is the names, modes and digests of all files.
func listing(t *testing.T, path string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(p)
		sum := sha256.Sum256(text)
		info, errInfo := d.Info()
		rel, errRel := filepath.Rel(path, p)
		if err = errors.Join(err, errInfo, errRel); err == nil {
			fmt.Fprintf(&b, "%s %v %s\n", rel, info.Mode(), hex.EncodeToString(sum[:]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNothingIsReplacedOrHalfWritten(t *testing.T) {
	dir := t.TempDir()
	c := contents(t, "0", amd64)
	for _, path := range []string{dir, filepath.Join(dir, "none", "stick")} {
		if err := Write(path, c); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	c.Programs[arm64] = filepath.Join(dir, "none")
	for _, name := range []string{"stick", "stick.tar.gz"} {
		if err := Write(filepath.Join(dir, name), c); err == nil {
			t.Error("a program that is not there was taken along")
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

// lab is a stick in a machine.
type lab struct {
	t                  *testing.T
	stick, home, tools string
	env                []string
}

// newLab unpacks a bundle on a machine that says of itself what it is told to, by uname and by /proc.
func newLab(t *testing.T, c Contents, processor, kernel, sigBlk string) lab {
	t.Helper()
	for _, tool := range []string{"sh", "df", "mkdir", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			needs.Absent(t, needs.Tools, err)
		}
	}
	dir := t.TempDir()
	l := lab{t: t, stick: filepath.Join(dir, "stick"), home: filepath.Join(dir, "home"), tools: filepath.Join(dir, "tools")}
	if err := Write(l.stick, c); err != nil {
		t.Fatal(err)
	}
	proc := filepath.Join(dir, "proc")
	if err := errors.Join(os.MkdirAll(filepath.Join(proc, "self"), 0o755), os.Mkdir(l.home, 0o755), os.Mkdir(l.tools, 0o755),
		os.WriteFile(filepath.Join(proc, "self/status"), []byte("Name:\tsh\nSigBlk:\t"+sigBlk+"\nSigIgn:\t0\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	l.tool("uname", `case $1 in -s) echo Linux ;; -m) echo `+processor+` ;; -r) echo `+kernel+` ;; esac`)
	text := bytes.Replace(script, []byte("\nproc=/proc\n"), []byte("\nproc="+proc+"\n"), 1)
	if bytes.Equal(text, script) {
		t.Fatal("run.sh does not name /proc once")
	}
	if err := os.WriteFile(filepath.Join(l.stick, "run.sh"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	l.env = []string{"PATH=" + l.tools + ":" + os.Getenv("PATH"), "HOME=" + l.home, "TMPDIR="}
	return l
}

func (l lab) tool(name, text string) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(l.tools, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		l.t.Fatal(err)
	}
}

func (l lab) run(args ...string) (status int, said string) {
	l.t.Helper()
	cmd := exec.Command("sh", append([]string{filepath.Join(l.stick, "run.sh")}, args...)...)
	cmd.Dir, cmd.Env = l.home, l.env
	out, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		l.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// stopped runs the script where something is in the way: it says so in both languages, ends with 2, and leaves nothing.
func (l lab) stopped(says string) {
	l.t.Helper()
	status, said := l.run()
	en, zh, _ := strings.Cut(said, "\n")
	if status != 2 || !strings.Contains(en, says) || !strings.HasPrefix(zh, "xcmatrix：") || !strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) ||
		strings.Count(said, "\n") != 2 {
		l.t.Errorf("want %q in both languages and status 2; status %d: %s", says, status, said)
	}
	if left, err := os.ReadDir(l.home); err != nil || len(left) > 0 {
		l.t.Errorf("left behind: %v %v", left, err)
	}
}

const newWorld, oldWorld = "0000000000000000", "00000000000000000000000000000000"

func TestRunLeavesOneFile(t *testing.T) {
	for _, m := range []struct{ processor, kernel, sigBlk string }{{"x86_64", "3.2.0", newWorld}, {"aarch64", "4.19.90-2003.4.0.0036.oe1.aarch64", newWorld},
		{"loongarch64", "6.6.0", newWorld}, {"loongarch64", "4.19.190.8.22", oldWorld}, {"loongarch64", "5.19.0-rc1+", newWorld}, {"x86_64", "strange", newWorld}} {
		c := contents(t, "0", amd64, arm64, both)
		l := newLab(t, c, m.processor, m.kernel, m.sigBlk)
		status, said := l.run("--suite", "abi kernel")
		if status != 1 { // as the run ended
			t.Errorf("%v: status %d: %s", m, status, said)
		}
		if text, err := os.ReadFile(filepath.Join(l.stick, "m-1.xcr")); err != nil || string(text) != "packed\n" {
			t.Errorf("%v: %v: %s", m, err, said)
		}
		if left, err := os.ReadDir(l.home); err != nil || len(left) > 0 {
			t.Errorf("%v: left behind: %v %v", m, left, err)
		}
		asked, err := os.ReadFile(filepath.Join(filepath.Dir(c.Programs[both]), "asked"))
		if want := "--version\nrun --target native --packed --suite abi kernel\npack latest --quiet --out " + l.stick + "/\n"; err != nil || string(asked) != want {
			t.Errorf("%v: asked %s", m, asked)
		}
	}
}

// A program with another collector goes along, checked, and is where the program that runs finds it.
func TestOtherCollector(t *testing.T) {
	other := amd64
	other.Experiment = "nogreenteagc"
	c := contents(t, "0", amd64, other, both)
	l := newLab(t, c, "x86_64", "6.6", newWorld)
	l.tool("cp", `echo "${2##*/}" >>`+l.home+`/copied; exec `+path(t, "cp")+` "$@"`)
	if status, said := l.run("--target", "native-nogreenteagc"); status != 1 {
		t.Errorf("status %d: %s", status, said)
	}
	if text, err := os.ReadFile(filepath.Join(l.home, "copied")); err != nil || string(text) != "xcmatrix\nxcmatrix-linux-amd64-nogreenteagc\n" {
		t.Errorf("copied %q, %v", text, err)
	}
	l = newLab(t, c, "x86_64", "6.6", newWorld)
	if err := os.WriteFile(filepath.Join(l.stick, "bin/xcmatrix-linux-amd64-nogreenteagc"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	l.stopped("xcmatrix-linux-amd64-nogreenteagc is damaged")
}

// path returns the path of a program.
func path(t *testing.T, name string) string {
	t.Helper()
	found, err := exec.LookPath(name)
	if err != nil {
		needs.Absent(t, needs.Tools, err)
	}
	return found
}

// TestRunOfTests: the programs of a bundle with tests.txt run the tests that they carry.
func TestRunOfTests(t *testing.T) {
	c := contents(t, "0", amd64)
	c.Tests = []byte("Tests of m\n")
	l := newLab(t, c, "x86_64", "6.6", newWorld)
	if status, said := l.run("--spec", "test/m/TestA"); status != 1 {
		t.Errorf("status %d: %s", status, said)
	}
	asked, err := os.ReadFile(filepath.Join(filepath.Dir(c.Programs[amd64]), "asked"))
	if err != nil || !strings.Contains(string(asked), "\ntest --target native --packed --spec test/m/TestA\n") {
		t.Errorf("asked %s, %v", asked, err)
	}
}

func TestWhatStopsIt(t *testing.T) {
	all := contents(t, "0", amd64, arm64, both)
	stock := contents(t, "0", amd64, loong64)
	for _, c := range []struct {
		contents                  Contents
		processor, kernel, sigBlk string
		says                      string
	}{
		{all, "riscv64", "6.6", newWorld, "no program for this processor (riscv64)"},
		{stock, "aarch64", "6.6", newWorld, "xcmatrix-linux-arm64 is missing"},
		{all, "x86_64", "2.6.32-754.el6.x86_64", newWorld, "the kernel is 2.6.32-754.el6.x86_64, and Go programs for amd64 need 3.2"},
		{all, "aarch64", "3.1", newWorld, "need 3.2"},
		{all, "loongarch64", "5.18.9", newWorld, "need 5.19"},
		{all, "loongarch64", "4.18.0", oldWorld, "need 4.19"},
		{stock, "loongarch64", "4.19.190", oldWorld, "of the old ABI world"},
		{stock, "loongarch64", "5.10.0", oldWorld, "of the old ABI world"},
		{contents(t, "126", amd64), "x86_64", "6.6", newWorld, "mounted noexec"},
		{contents(t, "132", amd64), "x86_64", "6.6", newWorld, "the program does not start here (status 132): bad instruction"},
	} {
		newLab(t, c.contents, c.processor, c.kernel, c.sigBlk).stopped(c.says)
	}
}

func TestDamagedProgram(t *testing.T) {
	l := newLab(t, contents(t, "0", amd64), "x86_64", "6.6", newWorld)
	if err := os.WriteFile(filepath.Join(l.stick, "bin/xcmatrix-linux-amd64"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	l.stopped("is damaged: it has not the digest in SHA256SUMS")
}

func TestNoSpace(t *testing.T) {
	l := newLab(t, contents(t, "0", amd64), "x86_64", "6.6", newWorld)
	l.tool("df", `echo Filesystem 1024-blocks Used Available Capacity Mounted; echo /dev/sda1 100000 90000 10000 90% /`)
	l.stopped("no space (64 MiB are needed)")
}

// TestStickThatIsFull: the pack goes to the directory where the script was started.
func TestStickThatIsFull(t *testing.T) {
	l := newLab(t, contents(t, "0", amd64), "x86_64", "6.6", newWorld)
	if err := os.WriteFile(filepath.Join(l.stick, "full"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	status, said := l.run()
	if _, err := os.Stat(filepath.Join(l.home, "m-1.xcr")); err != nil || status != 1 || !strings.Contains(said, "take it along") {
		t.Errorf("status %d, %v: %s", status, err, said)
	}
	if err := errors.Join(os.Remove(filepath.Join(l.home, "m-1.xcr")), os.WriteFile(filepath.Join(l.home, "full"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	status, said = l.run()
	kept, err := filepath.Glob(filepath.Join(l.home, "xcmatrix-*", "results", "runs", "r1"))
	if status != 2 || err != nil || len(kept) != 1 || !strings.Contains(said, "no room") || !strings.Contains(said, "take that directory along") {
		t.Errorf("status %d, %v, %v: %s", status, kept, err, said)
	}
}
