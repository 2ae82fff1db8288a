package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// whole is set for what takes minutes: make dist-test.
const whole = "XCMATRIX_TEST_DIST"

// clone is a copy of a checkout's commit elsewhere, under version control as the checkout is.
func clone(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a longer path", "xcmatrix")
	if out, err := exec.CommandContext(t.Context(), "git", "clone", "-q", from, dir).CombinedOutput(); err != nil {
		needs.Absent(t, needs.Tools, fmt.Sprintf("no clone can be made of this checkout: %v: %s; run this in a git checkout", err, out))
	}
	return dir
}

// TestRelease makes the release of the checkout's commit in two clones, compares them, and tries the packages of one.
func TestRelease(t *testing.T) {
	if os.Getenv(whole) == "" {
		t.Skip("long form: " + whole + " is not set: it builds six programs; run make dist-test")
	}
	source, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for range 2 {
		source = clone(t, source) // the second of the first: commits may be made in the checkout meanwhile
		o := options{source: source, out: filepath.Join(t.TempDir(), "dist"), arches: strings.Join(architectures, ",")}
		if err := run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, o.out)
	}
	files := read(t, dirs[0])
	same(t, files, read(t, dirs[1]))
	checkSums(t, files)
	for _, arch := range architectures {
		_, archive := one(t, files, "-linux-"+arch+".tar.gz")
		checkMaterials(t, unpacked(t, archive))
	}
	fs := newRootFS(t)
	for _, arch := range architectures {
		name, _ := one(t, files, "-linux-"+arch)
		info, err := buildinfo.ReadFile(filepath.Join(dirs[0], name))
		if err != nil {
			t.Fatal(err)
		}
		p := installed{arch: arch, version: info.Main.Version, fs: fs}
		t.Run("deb/"+arch, func(t *testing.T) { p.try(t, filepath.Join(dirs[0], debName(t, dirs[0], arch)), "dpkg") })
		t.Run("rpm/"+arch, func(t *testing.T) { p.try(t, filepath.Join(dirs[0], rpmName(t, dirs[0], arch)), "rpm") })
	}
}

func debName(t *testing.T, dir, arch string) string { return named(t, dir, "*_"+arch+".deb") }

func rpmName(t *testing.T, dir, arch string) string {
	return named(t, dir, "*."+map[string]string{"amd64": "x86_64", "arm64": "aarch64", "loong64": "loongarch64"}[arch]+".rpm")
}

// named is the one file of a directory that a pattern fits.
func named(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v %v", pattern, found, err)
	}
	return filepath.Base(found[0])
}

// rootFS is an unpacked Debian with dpkg, rpm, three shells and a reader of manual pages.
type rootFS struct{ dir string }

// newRootFS unpacks it, or skips the test with what is missing.
func newRootFS(t *testing.T) rootFS {
	t.Helper()
	if _, err := exec.LookPath("unshare"); err != nil || os.Getuid() != 0 {
		needs.Absent(t, needs.Root, "root and unshare are needed to work in an unpacked Debian: run make dist-test as root")
	}
	fs := rootFS{filepath.Join(t.TempDir(), "root")}
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, "scripts", "root"), fs.dir,
		"dpkg", "rpm", "bash", "bash-completion", "zsh", "fish", "mandoc")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 3 {
		needs.Absent(t, needs.Tools, strings.TrimSpace(string(out)))
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	fs.must(t, "ldconfig")
	return fs
}

// within runs a command in the root file system, with mounts that end with it.
const within = `mount --bind /proc "$0/proc" && mount --bind /dev "$0/dev" &&
exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"`

func (fs rootFS) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "unshare", append([]string{"-m", "sh", "-c", within, fs.dir}, args...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (fs rootFS) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := fs.run(t, args...)
	if err != nil {
		t.Fatalf("%q: %v: %s", args, err, out)
	}
	return out
}

// files are all files of the root file system, and directories of our name, but those that packages' databases change.
// Other directories are shared, and whether an empty one stays depends on which package has it.
func (fs rootFS) files(t *testing.T) string {
	return fs.must(t, "find", "/usr", "/etc", "-xdev", "(", "!", "-type", "d", "-o", "-path", "*xcmatrix*", ")")
}

// installed is a package in a root file system.
type installed struct {
	arch, version string
	fs            rootFS
}

// try installs a package, runs what it brings, and removes it without a trace.
func (p installed) try(t *testing.T, path, manager string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	inside := "/tmp/" + filepath.Base(path)
	if err := os.WriteFile(filepath.Join(p.fs.dir, inside), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	install := map[string][]string{"dpkg": {"dpkg", "--force-architecture", "-i", inside},
		"rpm": {"rpm", "--force-debian", "--ignorearch", "-i", inside}}[manager]
	check := map[string][]string{"dpkg": {"dpkg", "--verify", "xcmatrix"}, "rpm": {"rpm", "-V", "xcmatrix"}}[manager]
	remove := map[string][]string{"dpkg": {"dpkg", "-P", "xcmatrix"}, "rpm": {"rpm", "-e", "xcmatrix"}}[manager]
	if manager == "rpm" {
		p.fs.must(t, "rpm", "--initdb")
		p.fs.must(t, "rpm", "-K", inside)
	}
	before := p.fs.files(t)
	p.fs.must(t, install...)
	if out := p.fs.must(t, check...); strings.TrimSpace(out) != "" {
		t.Errorf("%s finds changed files: %s", manager, out)
	}
	p.runs(t)
	p.completes(t)
	if said, err := p.fs.run(t, "sh", "-c", `set -e; for f in /usr/share/man/man1/xcmatrix*.gz /usr/share/man/zh_CN/man1/xcmatrix*.gz; do mandoc -T lint -W error "$f"; done`); err != nil || said != "" {
		t.Errorf("manual pages: %v: %s", err, said)
	}
	p.fs.must(t, remove...)
	if after := p.fs.files(t); after != before {
		t.Errorf("left behind by %s, or taken along: %s", manager, lineDifference(before, after))
	}
}

// lineDifference are the lines that only one of two texts has.
func lineDifference(a, b string) string {
	count := map[string]int{}
	for line := range strings.Lines(a) {
		count[line]--
	}
	for line := range strings.Lines(b) {
		count[line]++
	}
	var out strings.Builder
	for line, n := range count {
		if n != 0 {
			fmt.Fprintf(&out, "%+d %s", n, line)
		}
	}
	return out.String()
}

// runs starts the program that was installed: in the root file system where the processor is this machine's, else under
// the emulator.
func (p installed) runs(t *testing.T) {
	t.Helper()
	if p.arch == runtime.GOARCH {
		if out := p.fs.must(t, "xcmatrix", "version"); !strings.Contains(out, "xcmatrix "+p.version+"\n") || strings.Contains(out, "unknown") {
			t.Errorf("version %s: %s", p.version, out)
		}
		p.fs.must(t, "xcmatrix", "plan", "--matrix", "/usr/share/doc/xcmatrix/examples/matrix.yaml", "--target", "native")
		out := p.fs.must(t, "xcmatrix", "run", "--target", "native", "--suite", "abi", "--label", "!bench", "--runs", "/tmp/runs")
		if !strings.Contains(out, " pass") {
			t.Errorf("run: %s", out)
		}
		return
	}
	emulator := findEmulator(map[string]string{"amd64": "qemu-x86_64", "arm64": "qemu-aarch64", "loong64": "qemu-loongarch64"}[p.arch])
	if emulator == "" {
		t.Logf("not run: there is no emulator of %s here; scripts/setup gets it", p.arch)
		return
	}
	out, err := exec.CommandContext(t.Context(), emulator, filepath.Join(p.fs.dir, "usr/bin/xcmatrix"), "version").CombinedOutput()
	said := string(out)
	if err != nil || !strings.Contains(said, "xcmatrix "+p.version+"\n") || !strings.Contains(said, "linux/"+p.arch) ||
		strings.Contains(said, "modified for the old world") != (p.arch == "loong64") {
		t.Errorf("%s %s: %v: %s", emulator, p.version, err, said)
	}
}

// findEmulator is the path of an emulator, ours before the machine's; "" where there is none.
func findEmulator(name string) string {
	cache, err := os.UserCacheDir()
	if err == nil {
		own := filepath.Join(cache, "xcmatrix", "tools", "qemu-user", "usr", "bin", name)
		if _, err := os.Stat(own); err == nil {
			return own
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// completes has the shells read the completions, and bash complete a command where the program can run.
func (p installed) completes(t *testing.T) {
	t.Helper()
	const bash = "/usr/share/bash-completion/completions/xcmatrix"
	p.fs.must(t, "bash", "-n", bash)
	p.fs.must(t, "zsh", "-c", `for d in /usr/share/zsh/vendor-completions /usr/share/zsh/site-functions; do [ ! -e $d/_xcmatrix ] || zsh -n $d/_xcmatrix || exit 1; done; ls /usr/share/zsh/*/_xcmatrix`)
	p.fs.must(t, "fish", "--no-execute", "/usr/share/fish/vendor_completions.d/xcmatrix.fish")
	if p.arch != runtime.GOARCH {
		return
	}
	out := p.fs.must(t, "bash", "-c", `. /usr/share/bash-completion/bash_completion; . `+bash+`
COMP_WORDS=(xcmatrix ver); COMP_CWORD=1; COMP_LINE="xcmatrix ver"; COMP_POINT=12; COMP_TYPE=9
__start_xcmatrix 2>/dev/null; printf '%s\n' "${COMPREPLY[@]}"`)
	if !strings.Contains(out, "verify") || !strings.Contains(out, "version") {
		t.Errorf("bash completes ver by %q", out)
	}
}
