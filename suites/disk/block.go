package disk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// devices returns the names in /sys/block; a container may have none.
func devices() []string {
	GinkgoHelper()
	names := check.KernelDir("/sys/block")
	if len(names) == 0 {
		check.Skip(record.Say("no block device is visible here", "此处看不到任何块设备"))
	}
	return names
}

// attribute returns the text of a device's file below /sys/block, with its newline.
func attribute(device, name string) string {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join("/sys/block", device, name))
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENOENT) {
		check.Skip(record.Sayf("%s has just been removed", "设备 %s 刚刚消失", device))
	}
	check.NoError(err)
	return string(text)
}

// number returns the value of an attribute that is one decimal number.
func number(device, name string) uint64 {
	GinkgoHelper()
	n, err := strconv.ParseUint(strings.TrimSuffix(attribute(device, name), "\n"), 10, 64)
	check.NoError(err, "%s of %s", name, device)
	return n
}

// sectorBytes is the unit of sizes in sysfs, for any block size of the device: include/linux/blk_types.h, SECTOR_SIZE.
const sectorBytes = 512

func blocks() {
	It("size is one decimal number and a newline", func() {
		for d, text := range check.Gather("text of each device's size", func() map[string]string {
			return ofEach(devices(), func(d string) string { return attribute(d, "size") })
		}) {
			Expect(text).To(MatchRegexp(`\A[0-9]+\n\z`), d)
		}
	})
	It("size is twice the 1 KiB blocks of /proc/partitions", func() {
		// A device may be resized, attached or removed between the two answers. Then they agree the next time.
		check.Eventually(func() (wrong []string) {
			for name, sizes := range check.Gather("sectors of each device, and KiB in /proc/partitions", listedSizes) {
				if sizes[0]/2 != sizes[1] {
					wrong = append(wrong, name)
				}
			}
			return wrong
		}).Should(BeEmpty())
	})
	It("size in 512-byte sectors is what the device itself says", func() {
		for d, sizes := range check.Gather("sectors of each device, and bytes by the device itself", ownSizes) {
			Expect(sizes[0]*sectorBytes).To(Equal(sizes[1]), d)
		}
	})
	It("size of a partition lies within its device", func() {
		for name, sectors := range check.Gather("start and size of each partition, and size of its device", partitionSizes) {
			Expect(sectors[0]+sectors[1]).To(BeNumerically("<=", sectors[2]), name)
		}
	})
	It("range is one number of minors, not a range of sectors", func() {
		for d, minors := range check.Gather("range of each device", func() map[string]uint64 {
			return ofEach(devices(), func(d string) uint64 { return number(d, "range") })
		}) {
			Expect(minors).To(And(BeNumerically(">=", 0), BeNumerically("<=", 256)), d)
		}
	})
	It("logical block is a power of two from 512 bytes on, and divides the physical one", func() {
		for d, sizes := range check.Gather("logical and physical block of each device", func() map[string][2]uint64 {
			return ofEach(devices(), func(d string) [2]uint64 {
				return [2]uint64{number(d, "queue/logical_block_size"), number(d, "queue/physical_block_size")}
			})
		}) {
			logical, physical := sizes[0], sizes[1]
			Expect(logical).To(BeNumerically(">=", sectorBytes), d)
			Expect(logical&(logical-1)).To(BeZero(), d)
			Expect(physical%logical).To(BeZero(), d)
		}
	})
	It("number in dev is the node's in /dev", func() {
		for d, numbers := range check.Gather("number of each device in sysfs, and of its node", nodeNumbers) {
			Expect(numbers[0]).To(Equal(numbers[1]+"\n"), d)
		}
	})
}

// ofEach returns what value returns for each device.
func ofEach[T any](names []string, value func(device string) T) map[string]T {
	all := map[string]T{}
	for _, d := range names {
		all[d] = value(d)
	}
	return all
}

// listedSizes returns the sizes of those devices of /proc/partitions that are in /sys/block: in sectors, and in KiB.
func listedSizes() map[string][2]uint64 {
	GinkgoHelper()
	all := map[string][2]uint64{}
	for name, kilobytes := range partitions() {
		if _, err := os.Stat(filepath.Join("/sys/block", name)); err == nil {
			all[name] = [2]uint64{number(name, "size"), kilobytes}
		}
	}
	return all
}

// ownSizes returns the sizes of the devices that may be opened: in sectors by sysfs, and in bytes by the device itself. Without
// such a device the spec ends with a miss.
func ownSizes() map[string][2]uint64 {
	GinkgoHelper()
	all := map[string][2]uint64{}
	for _, d := range devices() {
		if !isNodeOf(d) {
			continue
		}
		bytes, err := deviceBytes("/dev/" + d)
		if err != nil {
			continue
		}
		if number(d, "size")*sectorBytes != bytes { // it may have been resized in between
			bytes, err = deviceBytes("/dev/" + d)
			check.NoError(err)
		}
		all[d] = [2]uint64{number(d, "size"), bytes}
	}
	if len(all) == 0 {
		check.Miss(record.Say("no block device may be opened", "无权打开任何块设备"),
			record.Say("run as root, or as a member of the group disk", "以 root 身份或 disk 组成员身份运行"))
	}
	return all
}

// partitionSizes returns the first sector of each partition, its sectors, and its device's.
func partitionSizes() map[string][3]uint64 {
	GinkgoHelper()
	all := map[string][3]uint64{}
	for _, d := range devices() {
		parts, err := filepath.Glob(filepath.Join("/sys/block", d, d+"*", "partition"))
		check.NoError(err)
		for _, part := range parts {
			name := filepath.Join(d, filepath.Base(filepath.Dir(part)))
			all[name] = [3]uint64{number(name, "start"), number(name, "size"), number(d, "size")}
		}
	}
	return all
}

// nodeNumbers returns the numbers of devices as sysfs has them, and as their nodes in /dev have them.
func nodeNumbers() map[string][2]string {
	GinkgoHelper()
	if !kernelsDev() {
		check.Skip(record.Say("the nodes in /dev are not made by the kernel here", "此处 /dev 中的节点并非由内核创建"))
	}
	all := map[string][2]string{}
	for _, d := range devices() {
		var st unix.Stat_t
		if unix.Stat("/dev/"+d, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFBLK {
			all[d] = [2]string{attribute(d, "dev"), deviceNumber(uint64(st.Rdev))}
		}
	}
	return all
}

// deviceNumber returns a device's number as the kernel writes it.
func deviceNumber(dev uint64) string {
	return strconv.Itoa(int(unix.Major(dev))) + ":" + strconv.Itoa(int(unix.Minor(dev)))
}

// isNodeOf reports whether the node in /dev is that of the device: in a container it may be another device's, or a plain file.
func isNodeOf(device string) bool {
	var st unix.Stat_t
	return unix.Stat("/dev/"+device, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFBLK && attribute(device, "dev") == deviceNumber(uint64(st.Rdev))+"\n"
}

// kernelsDev reports whether /dev is the kernel's own devtmpfs.
func kernelsDev() bool {
	return slices.ContainsFunc(mountsOf("self"), func(m mount) bool { return m.point == "/dev" && m.kind == "devtmpfs" })
}

// partitions returns the sizes in /proc/partitions, in KiB, by name. Devices without content are not there.
func partitions() map[string]uint64 {
	GinkgoHelper()
	sizes := map[string]uint64{}
	for line := range strings.Lines(check.KernelFile("/proc/partitions")) {
		fields := strings.Fields(line)
		if len(fields) != 4 || fields[0] == "major" {
			continue
		}
		n, err := strconv.ParseUint(fields[2], 10, 64)
		check.NoError(err)
		sizes[fields[3]] = n
	}
	return sizes
}

// deviceBytes returns the size of a device, by the ioctl BLKGETSIZE64.
func deviceBytes(node string) (uint64, error) {
	fd, err := unix.Open(node, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	var bytes uint64
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.BLKGETSIZE64, uintptr(unsafe.Pointer(&bytes))); errno != 0 {
		return 0, errno
	}
	return bytes, nil
}

func sysfsSpecs() {
	It("attribute that is not there is ENOENT", func() {
		Expect(check.Gather("answer to an attribute that is not there", func() error {
			_, err := os.ReadFile(filepath.Join("/sys/block", devices()[0], "no_such_attribute"))
			return err
		})).To(MatchError(unix.ENOENT))
	})
	It("attribute for writing only is EACCES to read, for root too", func() {
		Expect(check.Gather("answer to a read of an attribute for writing only", func() error {
			const probe = "/sys/bus/platform/drivers_probe"
			if _, err := os.Stat(probe); err != nil {
				check.Skip(record.Sayf("%s is not there", "%s 不存在", probe))
			}
			_, err := os.ReadFile(probe)
			if errors.Is(err, unix.EPERM) {
				check.SkipUnlessKernelAnswered(err)
			}
			return err
		})).To(MatchError(unix.EACCES))
	})
	It("attribute refuses a value of the wrong kind with EINVAL", func() {
		Expect(check.Gather("answer to a value of the wrong kind", wrongKind)).To(MatchError(unix.EINVAL))
	})
	It("directory read as a file is EISDIR", func() {
		Expect(check.Gather("answer to a directory of sysfs read as a file", func() error {
			devices()
			_, err := os.ReadFile("/sys/block")
			return err
		})).To(MatchError(unix.EISDIR))
	})
}

// wrongKind writes a text to an attribute that is a number, and returns the kernel's answer. Where the kernel takes it, the
// attribute is given back what it had.
func wrongKind() error {
	GinkgoHelper()
	if os.Geteuid() != 0 {
		check.Miss(record.Say("only root may write to sysfs", "只有 root 可以写 sysfs"), record.Say("run as root", "以 root 身份运行"))
	}
	device := devices()[0]
	before := attribute(device, "queue/read_ahead_kb")
	f, err := os.OpenFile(filepath.Join("/sys/block", device, "queue/read_ahead_kb"), os.O_WRONLY, 0)
	if errors.Is(err, unix.EROFS) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		check.Skip(record.Sayf("sysfs is read-only here: %v", "此处 sysfs 只读：%v", err))
	}
	check.NoError(err)
	DeferCleanup(f.Close)
	_, err = f.WriteString("neither a number nor a unit")
	if after := attribute(device, "queue/read_ahead_kb"); after != before {
		_, restored := f.WriteAt([]byte(before), 0)
		check.NoError(restored, "read_ahead_kb of %s was %s, and is %s now", device, before, after)
	}
	check.SkipUnlessKernelAnswered(err)
	return err
}
