package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/shirou/gopsutil/v4/disk"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
	"github.com/xcmatrix/xcmatrix/suites/disk/mounting"
)

// smallSystem are the options of a file system in memory of one MiB, with 100 inodes.
const smallSystem = "size=1m,nr_inodes=100"

// onSmall returns what look finds on an empty file system of one MiB with 100 inodes.
func onSmall[T any](look func(dir string) (T, error)) (seen T) {
	GinkgoHelper()
	mounted("tmpfs", smallSystem, func(dir string) (err error) {
		seen, err = look(dir)
		return err
	})
	return seen
}

// ownSystemSpecs use file systems of our own, whose sizes are known, and which may be filled up.
func ownSystemSpecs() {
	It("of one MiB has one MiB, by statfs and by gopsutil", func() {
		Expect(check.Gather("bytes of a file system of one MiB by statfs and by gopsutil", func() [2]uint64 { return onSmall(totals) })).
			To(Equal([2]uint64{1 << 20, 1 << 20}))
	})
	It("of 100 inodes has 100, and loses one for each file", func() {
		seen := check.Gather("inodes of a file system of 100, and how many three files and a second name took", func() [2]uint64 { return onSmall(inodes) })
		Expect(seen).To(Equal([2]uint64{100, 3}))
	})
	It("that is full says ENOSPC and keeps what was written before", func() {
		f := check.Gather("a file system that was filled up", func() filled { return onSmall(fill) })
		Expect(f.err).To(MatchError(unix.ENOSPC))
		Expect(f.kept).To(BeTrue(), "what was written before reads back")
		Expect(f.free).To(BeZero(), "bytes free")
	})
	It("that was full takes as much again when the file is removed", func() {
		f := check.Gather("a file system that was filled up", func() filled { return onSmall(fill) })
		Expect(f.again).To(Equal(f.wrote))
	})
	It("without a free inode says ENOSPC, although it has space", func() {
		f := check.Gather("a file system whose inodes are all taken", func() filled { return onSmall(fillInodes) })
		Expect(f.err).To(MatchError(unix.ENOSPC))
		Expect(f.free).To(BeNumerically(">=", 1<<19), "bytes free")
	})
	It("that cannot allocate says ENOSPC and leaves the file as long as it was", func() {
		f := check.Gather("a file for which more was allocated than the file system has", func() filled { return onSmall(allocateTooMuch) })
		Expect(f.err).To(MatchError(unix.ENOSPC))
		Expect(f.wrote).To(BeEquivalentTo(3))
	})
	It("that is mounted read-only says EROFS to each change", func() {
		Expect(check.Gather("answers of a file system that is read-only", func() map[string]error { return onSmall(readOnly) })).
			To(And(HaveLen(5), HaveEach(MatchError(unix.EROFS))))
	})
	It("that is read-only is still read", func() {
		Expect(check.Gather("what a file system reads that is read-only", func() string { return onSmall(readOnlyContent) })).To(Equal("before"))
	})
	It("does not become read-only while a file is open for writing", func() {
		Expect(check.Gather("answer to read-only while a file is open for writing", func() error { return onSmall(readOnlyWhileWritten) })).
			To(MatchError(unix.EBUSY))
	})
	It("that is mounted at a second place is the same one", func() {
		b := check.Gather("a file system that is mounted at a second place", func() bound { return onSmall(bind) })
		Expect(b.sameDevice).To(BeTrue(), "number of the device")
		Expect(b.seen).To(Equal("written at the first place"))
	})
	It("that is mounted at a second place says from which directory", func() {
		b := check.Gather("a file system that is mounted at a second place", func() bound { return onSmall(bind) })
		Expect(b.root).To(Equal("/first"))
	})
	It("that is mounted at a second place is counted once by its device", func() {
		b := check.Gather("a file system that is mounted at a second place", func() bound { return onSmall(bind) })
		Expect(b.totals[0]).To(Equal(b.totals[1]))
	})
	It("laid over another shows both, and writes to its own layer alone", func() {
		o := check.Gather("a file system that is laid over another", func() overlaid { return onSmall(overlay) })
		Expect(o.shown).To(Equal([]string{"below", "changed", "own"}))
		Expect(o.below).To(Equal("as it was"), "the layer below")
		Expect(o.upper).To(Equal("as it is"), "the layer on top")
	})
	It("laid over another hides what was removed, and keeps it below", func() {
		o := check.Gather("a file system that is laid over another", func() overlaid { return onSmall(overlay) })
		Expect([]bool{o.removedShown, o.removedBelow}).To(Equal([]bool{false, true}))
	})
	It("laid over another is of its own kind, and as large as the layer on top", func() {
		o := check.Gather("a file system that is laid over another", func() overlaid { return onSmall(overlay) })
		Expect(o.kind).To(BeEquivalentTo(unix.OVERLAYFS_SUPER_MAGIC))
		Expect(o.total).To(BeEquivalentTo(1 << 20))
	})
	It("that is full loses no write in silence: fsync of the device on it says so", func() {
		l := check.Gather("a device on a file system that is full", lostWrites)
		Expect(l.first).To(Or(MatchError(unix.EIO), MatchError(unix.ENOSPC)))
	})
	It("that is full says so to each descriptor that was open", func() {
		l := check.Gather("a device on a file system that is full", lostWrites)
		Expect(l.other).To(Or(MatchError(unix.EIO), MatchError(unix.ENOSPC)))
	})
	It("that is full says so once to each descriptor", func() {
		l := check.Gather("a device on a file system that is full", lostWrites)
		Expect(l.again).NotTo(HaveOccurred())
	})
}

// totals returns a file system's bytes by statfs, and by gopsutil.
func totals(dir string) (all [2]uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return all, err
	}
	usage, err := disk.Usage(dir)
	if err != nil {
		return all, err
	}
	return [2]uint64{st.Blocks * uint64(st.Bsize), usage.Total}, nil
}

// inodes returns how many inodes a file system has, and how many three files took, one of which has a second name.
func inodes(dir string) (seen [2]uint64, err error) {
	var before, after unix.Statfs_t
	if err := unix.Statfs(dir, &before); err != nil {
		return seen, err
	}
	for i := range 3 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600); err != nil {
			return seen, err
		}
	}
	if err := os.Link(filepath.Join(dir, "0"), filepath.Join(dir, "second")); err != nil {
		return seen, err
	}
	err = unix.Statfs(dir, &after)
	if kind := magic(&after); kind == unix.TMPFS_MAGIC {
		after.Ffree++ // tmpfs counts a second name as an inode, so that names have a limit
	}
	return [2]uint64{before.Files, before.Ffree - after.Ffree}, err
}

// filled is what became of a file system that was filled up.
type filled struct {
	wrote, again int64  // bytes until it was full, and after the file was removed
	err          error  // of the write that did not fit
	kept         bool   // what was written before reads back
	free         uint64 // bytes that statfs says are free
}

// fill fills a file system, reads back, removes the file, and fills it again.
func fill(dir string) (f filled, err error) {
	path := filepath.Join(dir, "file")
	if f.wrote, f.err = writeAll(path); errors.Is(f.err, unix.EFBIG) { // this process's own limit
		return f, f.err
	}
	read, err := os.ReadFile(path)
	if err != nil {
		return f, err
	}
	f.kept = len(read) == int(f.wrote) && bytes.Count(read, []byte{7}) == len(read)
	if f.free, err = freeBytes(dir); err != nil {
		return f, err
	}
	if err := os.Remove(path); err != nil {
		return f, err
	}
	f.again, _ = writeAll(path)
	return f, nil
}

// writeAll writes to a new file until the file system takes no more, and returns how much it took, and the answer then.
func writeAll(path string) (n int64, err error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	block := bytes.Repeat([]byte{7}, 64<<10)
	for n < 1<<30 {
		wrote, err := out.Write(block)
		n += int64(wrote)
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// freeBytes returns what statfs says is free.
func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return st.Bfree * uint64(st.Bsize), err
}

// fillInodes creates empty files until the file system takes no more.
func fillInodes(dir string) (f filled, err error) {
	for i := 0; i < 10000 && f.err == nil; i++ {
		f.err = os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600)
	}
	f.free, err = freeBytes(dir)
	return f, err
}

// allocateTooMuch asks for more space than the file system has; wrote is the length of the file afterwards.
func allocateTooMuch(dir string) (f filled, err error) {
	file, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		return f, err
	}
	defer file.Close()
	if _, err := file.WriteString("abc"); err != nil {
		return f, err
	}
	if f.err = fallocate(file, 0, 0, 16<<20); errors.Is(f.err, unix.EFBIG) { // this process's own limit
		return f, f.err
	}
	info, err := file.Stat()
	f.wrote = info.Size()
	return f, err
}

// remount changes the flags of a mounted file system.
func remount(dir string, flags uintptr) error {
	return unix.Mount("", dir, "", unix.MS_REMOUNT|flags, "")
}

// readOnly makes a file system read-only and returns its answers to changes.
func readOnly(dir string) (map[string]error, error) {
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		return nil, err
	}
	if err := remount(dir, unix.MS_RDONLY); err != nil {
		return nil, err
	}
	_, opened := os.OpenFile(path, os.O_WRONLY, 0)
	return map[string]error{
		"open for writing": opened,
		"create":           os.WriteFile(filepath.Join(dir, "new"), nil, 0o600),
		"rename":           os.Rename(path, filepath.Join(dir, "other")),
		"truncate":         os.Truncate(path, 0),
		"mode":             os.Chmod(path, 0o640),
	}, nil
}

func readOnlyContent(dir string) (string, error) {
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		return "", err
	}
	if err := remount(dir, unix.MS_RDONLY); err != nil {
		return "", err
	}
	read, err := os.ReadFile(path)
	return string(read), err
}

// readOnlyWhileWritten returns the answer to the wish to make a file system read-only on which a file is open for writing.
func readOnlyWhileWritten(dir string) (answer, err error) {
	file, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return remount(dir, unix.MS_RDONLY), nil
}

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

// lost is what fsync says of writes to a device that its file system has no space for.
type lost struct {
	first, again error // of one descriptor, twice
	other        error // of another that was open
}

// lostWrites writes 4 MiB to a device whose file has holes, on a file system of one MiB, through the page cache.
func lostWrites() (l lost) {
	GinkgoHelper()
	d, err := loop.Add()
	needsDevice(err)
	check.NoError(err)
	DeferCleanup(d.Close)
	mounted("tmpfs", smallSystem, func(dir string) error {
		file, err := os.Create(filepath.Join(dir, "holes"))
		if err != nil {
			return err
		}
		defer file.Close()
		if err := file.Truncate(8 << 20); err != nil {
			return err
		}
		if err := d.Attach(file, loop.Options{}); err != nil {
			return err
		}
		defer d.Detach()
		l, err = writtenInVain(d.Node())
		return err
	})
	return l
}

// writtenInVain writes 4 MiB to a device, and returns the answers of fsync.
func writtenInVain(node string) (l lost, err error) {
	one, err := os.OpenFile(node, os.O_RDWR, 0)
	if err != nil {
		return l, err
	}
	defer one.Close()
	other, err := os.OpenFile(node, os.O_RDWR, 0)
	if err != nil {
		return l, err
	}
	defer other.Close()
	if _, err := io.Copy(io.NewOffsetWriter(one, 0), bytes.NewReader(bytes.Repeat([]byte{1}, 4<<20))); err != nil {
		return l, err
	}
	l.first, l.again, l.other = one.Sync(), one.Sync(), other.Sync()
	return l, nil
}
