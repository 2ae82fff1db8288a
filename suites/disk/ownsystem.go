package disk

import (
	"fmt"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/shirou/gopsutil/v4/disk"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
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
