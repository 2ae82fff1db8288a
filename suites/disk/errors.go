package disk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
	"github.com/xcmatrix/xcmatrix/suites/disk/mapper"
	"github.com/xcmatrix/xcmatrix/suites/disk/sysfs"
)

// errorSpecs produce each error on purpose that a program may meet on its way through sysfs and to a device, and class it.
func errorSpecs() {
	It("ENOENT says that a name is not there", func() {
		classed("answer of the reader to an attribute that is not there", sysfs.Absent, func() error {
			_, err := sysfs.Dir{}.Decimal(filepath.Join("/sys/block", devices()[0], "no_such_attribute"))
			return err
		})
	})
	It("ENODEV says that what was opened has gone", func() {
		classed("answer of an attribute that was opened before its device was removed", sysfs.Removed, func() error {
			d, _ := ownDevice(1<<20, loop.Options{})
			size, err := os.Open(filepath.Join("/sys/block", d.Name(), "size"))
			check.NoError(err)
			DeferCleanup(size.Close)
			check.NoError(d.Detach())
			check.NoError(d.Remove())
			_, err = size.ReadAt(make([]byte, 32), 0)
			return err
		})
	})
	It("ENXIO says that no driver stands behind a node", func() {
		classed("answer of a node whose number no driver has", sysfs.Empty, nodeWithoutDriver)
	})
	It("EIO says that the device could not read", func() {
		classed("answer of a device that cannot read", sysfs.Failed, readFailing)
	})
	It("EACCES says that an attribute is for writing only", func() {
		classed("answer of the reader to an attribute for writing only", sysfs.Denied, func() error {
			const probe = "/sys/bus/platform/drivers_probe"
			if _, err := os.Stat(probe); err != nil {
				check.Skip(record.Sayf("%s is not there", "%s 不存在", probe))
			}
			_, err := sysfs.Dir{}.Text(probe, make([]byte, 64))
			return err
		})
	})
	It("EINVAL says that a value is of the wrong kind", func() {
		classed("answer of the kernel to a value of the wrong kind", sysfs.Invalid, wrongKind)
	})
	It("EBUSY says that a device in use cannot be removed", func() {
		Expect(check.Gather("answer to the removal of a device in use", func() error {
			d, _ := ownDevice(1<<20, loop.Options{})
			control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
			needsDevice(err)
			check.NoError(err)
			DeferCleanup(control.Close)
			return unix.IoctlSetInt(int(control.Fd()), unix.LOOP_CTL_REMOVE, d.Number)
		})).To(MatchError(unix.EBUSY))
	})
	It("EROFS says that a device takes no writes", func() {
		Expect(check.Gather("answer of a device that is read-only", func() error {
			d, _ := ownDevice(1<<20, loop.Options{ReadOnly: true})
			fd, err := unix.Open(d.Node(), unix.O_WRONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			_, err = unix.Pwrite(fd, make([]byte, 512), 0)
			return err
		})).To(Or(MatchError(unix.EROFS), MatchError(unix.EPERM), MatchError(unix.EACCES)))
	})
	It("ENOSPC says that a write is beyond the end of the device", func() {
		Expect(check.Gather("answer to a write at the end of a device", func() error {
			d, _ := ownDevice(1<<20, loop.Options{})
			fd, err := unix.Open(d.Node(), unix.O_WRONLY|unix.O_CLOEXEC, 0)
			check.NoError(err)
			defer unix.Close(fd)
			_, err = unix.Pwrite(fd, make([]byte, 512), 1<<20)
			return err
		})).To(MatchError(unix.ENOSPC))
	})
	It("of the reader are those of package os", func() {
		for name, pair := range check.Gather("errors of the reader and of package os", bothReaders) {
			Expect(pair[0]).To(Equal(pair[1]), name)
		}
	})
}

// classed expects an error of a class. Where a security module gave the answer, the spec is skipped.
func classed(fact string, class sysfs.Class, produce func() error) {
	GinkgoHelper()
	err := check.Gather(fact, func() error {
		err := produce()
		if class != sysfs.Denied || errors.Is(err, unix.EPERM) {
			check.SkipUnlessKernelAnswered(err)
		}
		return err
	})
	Expect(sysfs.Classify(err)).To(Equal(class), "%v", err)
}

// nodeWithoutDriver opens a node of our own whose number no driver has, and returns the kernel's answer.
func nodeWithoutDriver() error {
	GinkgoHelper()
	check.NeedsKernel(record.Say("devices are the host's", "设备属于宿主机"))
	path := filepath.Join(check.TempDir(), "node")
	if err := unix.Mknod(path, unix.S_IFBLK|0o600, int(unix.Mkdev(freeMajor(), 0))); err != nil {
		if os.Geteuid() != 0 {
			check.Miss(record.Say("only root may make the node of a device", "只有 root 可以创建设备节点"), record.Say("run as root", "以 root 身份运行"))
		}
		check.SkipUnlessKernelAnswered(err)
		check.NoError(err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// freeMajor returns a major number that no block device has here, from those that are reserved for local use:
// Documentation/admin-guide/devices.txt.
func freeMajor() uint32 {
	GinkgoHelper()
	_, blocks, _ := strings.Cut(check.KernelFile("/proc/devices"), "Block devices:")
	taken := strings.Fields(blocks)
	for major := uint32(240); major < 255; major++ {
		if !slices.Contains(taken, strconv.Itoa(int(major))) {
			return major
		}
	}
	check.Skip(record.Say("all numbers for local use are taken", "保留给本地使用的设备号均已被占用"))
	panic("unreachable")
}

// readFailing reads from a device that cannot: a mapped one, else one whose file was cut. Linux 5.10 reads zeros from the latter.
func readFailing() error {
	GinkgoHelper()
	d, f := ownDevice(1<<20, loop.Options{})
	if m, err := mapper.Create(""); err == nil {
		DeferCleanup(m.Remove)
		check.NoError(m.Load(failing("")))
		return readPast(m.Node())
	}
	check.NoError(f.Truncate(0))
	return readPast(d.Node())
}

// bothReaders returns the errno that the reader of package sysfs gives, and that of package os, for some wrong paths.
func bothReaders() map[string][2]string {
	GinkgoHelper()
	devices()
	all := map[string][2]string{}
	for _, path := range []string{"/sys/block/none/size", "/sys/block", "/sys/kernel/none", "/proc/version/size", "/sys/block/\x00"} {
		_, own := sysfs.Dir{}.Text(path, make([]byte, 64))
		_, theirs := os.ReadFile(path)
		var errno unix.Errno
		if errors.As(theirs, &errno) {
			theirs = errno
		}
		all[path] = [2]string{own.Error(), theirs.Error()}
	}
	return all
}
