package bundle

import (
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// inRoot runs run.sh as an ordinary user in a root file system, whose mounts end with it.
const inRoot = `mount --bind /proc "$0/proc" && mount --bind /dev/null "$0/dev/null" &&
exec chroot --userspec=12345:12345 "$0" /bin/busybox env -i PATH=/bin HOME=/home /bin/sh /stick/run.sh "$@"`

// TestRootOfBusyboxAlone: a root file system that holds nothing but busybox and the bundle, and a user who is not root.
func TestRootOfBusyboxAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a program is built")
	}
	busybox := staticBusybox(t)
	if _, err := exec.LookPath("unshare"); err != nil || os.Getuid() != 0 {
		needs.Absent(t, needs.Root, "root and unshare are needed to mount /proc in the root file system")
	}
	builder, err := build.Here()
	if err != nil {
		t.Fatal(err)
	}
	key := build.Key{GOOS: "linux", GOARCH: runtime.GOARCH}
	payload, err := builder.Build(t.Context(), key)
	var missing *record.Missing
	if errors.As(err, &missing) {
		needs.Absent(t, needs.Go, missing)
	} else if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for dir := root; dir != "/"; dir = filepath.Dir(dir) { // t.TempDir's are for their owner alone
		if dir == filepath.Clean(os.TempDir()) {
			break
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"bin", "proc", "dev", "home"} {
		if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	stick := filepath.Join(root, "stick")
	err = errors.Join(copyTo(filepath.Join(root, "bin/busybox"), busybox), os.WriteFile(filepath.Join(root, "dev/null"), nil, 0o666),
		os.Chown(filepath.Join(root, "home"), 12345, 12345), Write(stick, Contents{Programs: map[build.Key]string{key: payload.Path}}),
		os.Chown(stick, 12345, 12345))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("chroot", root, "/bin/busybox", "--install", "-s", "/bin").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "unshare", "-m", "sh", "-c", inRoot, root, "--suite", "abi", "--label", "!bench").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	packs, err := filepath.Glob(filepath.Join(stick, "*.xcr"))
	if err != nil || len(packs) != 1 || !strings.Contains(string(out), filepath.Base(packs[0])) {
		t.Fatalf("%v %v: %s", packs, err, out)
	}
	run, err := store.Load(packs[0])
	if err != nil || run.Seal == nil || run.Cells[0].Count()[record.Pass] == 0 || run.Cells[0].Provenance() != record.Native {
		t.Errorf("%v: %+v", err, run)
	}
	if left, err := os.ReadDir(filepath.Join(root, "home")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// staticBusybox is a busybox that needs no C library.
func staticBusybox(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("busybox")
	if cache, errCache := build.CacheDir(); err != nil && errCache == nil { // scripts/setup unpacks it there
		path, err = exec.LookPath(filepath.Join(cache, "tools/disk/bin/busybox"))
	}
	if err != nil {
		needs.Absent(t, needs.Tools, "no busybox here: scripts/setup gets it, or install Debian's busybox-static")
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		needs.Absent(t, needs.Tools, path+" is not static: install busybox-static")
	}
	return path
}

func copyTo(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o755)
}
