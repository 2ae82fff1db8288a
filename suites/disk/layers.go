package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/shirou/gopsutil/v4/disk"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/disk/mounting"
)

// bound is what a file system shows that is mounted at a second place.
type bound struct {
	sameDevice bool
	seen       string    // at the second place, of what was written at the first
	root       string    // the directory that mountinfo names
	totals     [2]uint64 // by gopsutil, at both places
}

func bind(dir string) (b bound, err error) {
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	if err := errors.Join(os.Mkdir(first, 0o700), os.Mkdir(second, 0o700)); err != nil {
		return b, err
	}
	if err := unix.Mount(first, second, "", unix.MS_BIND, ""); err != nil {
		return b, err
	}
	defer unix.Unmount(second, 0)
	if err := os.WriteFile(filepath.Join(first, "file"), []byte("written at the first place"), 0o600); err != nil {
		return b, err
	}
	read, err := os.ReadFile(filepath.Join(second, "file"))
	if err != nil {
		return b, err
	}
	b.seen = string(read)
	var one, two unix.Stat_t
	if err := errors.Join(unix.Stat(first, &one), unix.Stat(second, &two)); err != nil {
		return b, err
	}
	b.sameDevice = one.Dev == two.Dev
	for i, path := range []string{first, second} {
		usage, err := disk.Usage(path)
		if err != nil {
			return b, err
		}
		b.totals[i] = usage.Total
	}
	b.root, err = rootOf(second)
	return b, err
}

// rootOf returns the directory of a file system that this thread sees mounted at a path: the fourth field of mountinfo.
func rootOf(path string) (string, error) {
	text, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) > 4 && unescape(fields[4]) == path {
			return unescape(fields[3]), nil
		}
	}
	return "", fmt.Errorf("mountinfo does not have %s", path)
}

// overlaid is what a file system shows that is laid over another.
type overlaid struct {
	shown                      []string // names
	below, upper               string   // the content of a file that was changed, in the two layers
	removedShown, removedBelow bool
	kind                       int64
	total                      uint64
}

func overlay(dir string) (o overlaid, err error) {
	at := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	for _, name := range []string{"lower", "upper", "work", "over"} {
		if err := os.Mkdir(at(name), 0o700); err != nil {
			return o, err
		}
	}
	for _, name := range []string{"below", "changed", "removed"} {
		if err := os.WriteFile(at("lower", name), []byte("as it was"), 0o600); err != nil {
			return o, err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", at("lower"), at("upper"), at("work"))
	err = mounting.Mount("none", "overlay", options, 0, at("over"), func(over string) error {
		err := errors.Join(os.WriteFile(filepath.Join(over, "changed"), []byte("as it is"), 0o600),
			os.WriteFile(filepath.Join(over, "own"), nil, 0o600), os.Remove(filepath.Join(over, "removed")))
		if err != nil {
			return err
		}
		entries, err := os.ReadDir(over)
		if err != nil {
			return err
		}
		for _, e := range entries {
			o.shown = append(o.shown, e.Name())
		}
		_, gone := os.Stat(filepath.Join(over, "removed"))
		o.removedShown = gone == nil
		var st unix.Statfs_t
		err = unix.Statfs(over, &st)
		o.kind, o.total = magic(&st), st.Blocks*uint64(st.Bsize)
		return err
	})
	if err != nil {
		return o, err
	}
	slices.Sort(o.shown)
	_, below := os.Stat(at("lower", "removed"))
	o.removedBelow = below == nil
	lower, err := os.ReadFile(at("lower", "changed"))
	if err != nil {
		return o, err
	}
	upper, err := os.ReadFile(at("upper", "changed"))
	o.below, o.upper = string(lower), string(upper)
	return o, err
}
