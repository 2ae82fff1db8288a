package disk

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// devices are the names in /sys/block; a container may have none.
func devices() []string {
	entries, err := os.ReadDir("/sys/block")
	if err != nil || len(entries) == 0 {
		check.Skip(record.Say("no block device is visible here", "此处看不到任何块设备"))
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// attribute is a device's file below /sys/block as it stands, newline included.
func attribute(device, name string) string {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join("/sys/block", device, name))
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENOENT) {
		Skip("the device has just gone")
	}
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// number is an attribute that holds one decimal number.
func number(device, name string) uint64 {
	GinkgoHelper()
	n, err := strconv.ParseUint(strings.TrimSuffix(attribute(device, name), "\n"), 10, 64)
	Expect(err).NotTo(HaveOccurred(), "%s of %s", name, device)
	return n
}

// sectorBytes is the unit of sizes in sysfs, whatever the device's own block: include/linux/blk_types.h, SECTOR_SIZE.
const sectorBytes = 512

func blocks() {
	It("size is one decimal number and a newline", func() {
		for _, d := range devices() {
			Expect(attribute(d, "size")).To(MatchRegexp(`\A[0-9]+\n\z`), d)
		}
	})
	It("size is twice the 1 KiB blocks of /proc/partitions", func() {
		for name, kilobytes := range partitions() {
			if _, err := os.Stat(filepath.Join("/sys/block", name)); err == nil {
				Expect(number(name, "size")/2).To(Equal(kilobytes), name)
			}
		}
	})
	It("size in 512-byte sectors is what the device itself says", func() {
		asked := 0
		for _, d := range devices() {
			bytes, err := deviceBytes("/dev/" + d)
			if err != nil {
				continue
			}
			asked++
			Expect(number(d, "size")*sectorBytes).To(Equal(bytes), d)
		}
		if asked == 0 {
			check.Miss(record.Say("no block device may be opened", "无权打开任何块设备"),
				record.Say("run as root, or as a member of the group disk", "以 root 身份或 disk 组成员身份运行"))
		}
	})
	It("size of a partition lies within its device", func() {
		for _, d := range devices() {
			parts, err := filepath.Glob(filepath.Join("/sys/block", d, d+"*", "partition"))
			Expect(err).NotTo(HaveOccurred())
			for _, part := range parts {
				name := filepath.Join(d, filepath.Base(filepath.Dir(part)))
				Expect(number(name, "start") + number(name, "size")).To(BeNumerically("<=", number(d, "size")))
			}
		}
	})
	It("range is one number of minors, not a range of sectors", func() {
		for _, d := range devices() {
			Expect(number(d, "range")).To(And(BeNumerically(">=", 0), BeNumerically("<=", 256)), d)
		}
	})
	It("logical block is a power of two from 512 bytes on, and divides the physical one", func() {
		for _, d := range devices() {
			logical, physical := number(d, "queue/logical_block_size"), number(d, "queue/physical_block_size")
			Expect(logical).To(BeNumerically(">=", sectorBytes), d)
			Expect(logical&(logical-1)).To(BeZero(), d)
			Expect(physical%logical).To(BeZero(), d)
		}
	})
	It("number in dev is the node's in /dev", func() {
		for _, d := range devices() {
			var st unix.Stat_t
			if unix.Stat("/dev/"+d, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFBLK {
				continue
			}
			rdev := uint64(st.Rdev)
			want := strconv.Itoa(int(unix.Major(rdev))) + ":" + strconv.Itoa(int(unix.Minor(rdev))) + "\n"
			Expect(attribute(d, "dev")).To(Equal(want), d)
		}
	})
}

// partitions are the sizes in /proc/partitions, in KiB, by name; devices without content are not in it.
func partitions() map[string]uint64 {
	f, err := os.Open("/proc/partitions")
	Expect(err).NotTo(HaveOccurred())
	defer f.Close()
	sizes := map[string]uint64{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 4 || fields[0] == "major" {
			continue
		}
		n, err := strconv.ParseUint(fields[2], 10, 64)
		Expect(err).NotTo(HaveOccurred())
		sizes[fields[3]] = n
	}
	return sizes
}

// deviceBytes asks the device, by BLKGETSIZE64.
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

func sysfs() {
	It("attribute that is not there is ENOENT", func() {
		_, err := os.ReadFile(filepath.Join("/sys/block", devices()[0], "no_such_attribute"))
		Expect(err).To(MatchError(unix.ENOENT))
	})
	It("attribute for writing only is EACCES to read, for root too", func() {
		const probe = "/sys/bus/platform/drivers_probe"
		if _, err := os.Stat(probe); err != nil {
			check.Skip(record.Sayf("%s is not there", "%s 不存在", probe))
		}
		_, err := os.ReadFile(probe)
		Expect(err).To(MatchError(unix.EACCES))
	})
	It("attribute refuses a value of the wrong kind with EINVAL", func() {
		if os.Geteuid() != 0 {
			check.Miss(record.Say("only root may write to sysfs", "只有 root 可以写 sysfs"), record.Say("run as root", "以 root 身份运行"))
		}
		f, err := os.OpenFile(filepath.Join("/sys/block", devices()[0], "queue/read_ahead_kb"), os.O_WRONLY, 0)
		if errors.Is(err, unix.EROFS) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
			check.Skip(record.Sayf("sysfs is read-only here: %v", "此处 sysfs 只读：%v", err))
		}
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(f.Close)
		_, err = f.WriteString("neither a number nor a unit")
		Expect(err).To(MatchError(unix.EINVAL))
	})
	It("directory read as a file is EISDIR", func() {
		_, err := os.ReadFile("/sys/block")
		Expect(err).To(MatchError(unix.EISDIR))
	})
}
