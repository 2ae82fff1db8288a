package disk

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
	"github.com/xcmatrix/xcmatrix/suites/disk/sysfs"
)

// ownBytes is the size of a device of our own.
const ownBytes = 3 << 20

// sizeSpecs compare a device's size by each way that there is. The device is our own, so that its true size is known.
func sizeSpecs() {
	size := func(fact string, way func(node string) uint64) {
		Expect(check.Gather(fact, func() uint64 {
			d, _ := ownDevice(ownBytes, loop.Options{})
			return way(d.Node())
		})).To(BeEquivalentTo(ownBytes))
	}
	It("in sysfs is in sectors of 512 bytes", func() {
		size("bytes of a device by sysfs", func(node string) uint64 { return ofOwn(node, "size") * sectorBytes })
	})
	It("by BLKGETSIZE64 is in bytes", func() {
		size("bytes of a device by BLKGETSIZE64", func(node string) uint64 {
			n, err := deviceBytes(node)
			check.NoError(err)
			return n
		})
	})
	It("by seeking to the end is in bytes", func() {
		size("bytes of a device by its end", func(node string) uint64 {
			f, err := os.Open(node)
			check.NoError(err)
			defer f.Close()
			n, err := f.Seek(0, 2)
			check.NoError(err)
			return uint64(n)
		})
	})
	It("in /proc/partitions is in KiB", func() {
		size("bytes of a device by /proc/partitions", func(node string) uint64 { return partitions()[filepath.Base(node)] << 10 })
	})
	It("by stat is none: a node has no length", func() {
		Expect(check.Gather("length of a device's node by stat", func() int64 {
			d, _ := ownDevice(ownBytes, loop.Options{})
			info, err := os.Stat(d.Node())
			check.NoError(err)
			return info.Size()
		})).To(BeZero())
	})
	It("by blockdev is in sectors of 512 bytes", check.Optional(), func() {
		size("bytes of a device by blockdev", func(node string) uint64 {
			return parsed(output("blockdev", "--getsz", node), `^(\d+)$`) * sectorBytes
		})
	})
	It("by busybox fdisk -l is in bytes", check.Optional(), func() {
		size("bytes of a device by busybox fdisk", func(node string) uint64 {
			return parsed(output("busybox", "fdisk", "-l", node), `, (\d+) bytes,`)
		})
	})
	It("in sysfs stays in sectors of 512 bytes where blocks have 4096", func() {
		seen := check.Gather("sectors and logical block of a device with blocks of 4096 bytes", func() [2]uint64 {
			d, _ := ownDevice(ownBytes, loop.Options{Block: 4096})
			return [2]uint64{number(d.Name(), "size"), number(d.Name(), "queue/logical_block_size")}
		})
		Expect(seen).To(Equal([2]uint64{ownBytes / sectorBytes, 4096}))
	})
	It("leaves out what does not fill the last sector", func() {
		Expect(check.Gather("sectors of a device of 1,000,001 bytes", func() uint64 {
			d, _ := ownDevice(1000001, loop.Options{})
			return number(d.Name(), "size")
		})).To(BeEquivalentTo(1953))
	})
	It("of a part of a file is that part's", func() {
		Expect(check.Gather("sectors of a device that shows a part of a file", func() uint64 {
			d, _ := ownDevice(ownBytes, loop.Options{Offset: 1 << 20, Limit: 64 << 10})
			return number(d.Name(), "size")
		})).To(BeEquivalentTo(128))
	})
	It("that grows is seen by whoever has it open", func() {
		Expect(check.Gather("sectors before and after a device grew, by one descriptor, and bytes by another", grownDevice)).
			To(Equal([3]uint64{ownBytes / sectorBytes, 2 * ownBytes / sectorBytes, 2 * ownBytes}))
	})
	It("of no medium is 0, and its node can be opened", func() {
		Expect(check.Gather("sectors and bytes of a device without a medium", func() [2]uint64 {
			check.NeedsKernel(record.Say("requests to a device would be the host's", "对设备的请求由宿主机内核处理"))
			d, err := loop.Add()
			needsDevice(err)
			check.NoError(err)
			DeferCleanup(d.Close)
			n, err := deviceBytes(d.Node())
			needsDevice(err)
			check.NoError(err)
			return [2]uint64{number(d.Name(), "size"), n}
		})).To(Equal([2]uint64{0, 0}))
	})
	It("of partitions is their own, and start is counted from the device's beginning", func() {
		Expect(check.Gather("start and sectors of two partitions", twoPartitions)).To(Equal([4]uint64{64, 1000, 2048, 3000}))
	})
	It("of a partition by BLKGETSIZE64 is the partition's", func() {
		Expect(check.Gather("bytes of a partition by BLKGETSIZE64", func() uint64 {
			return nodeBytes(partitioned().Node() + "p1")
		})).To(BeEquivalentTo(1000 * sectorBytes))
	})
	It("read by the reader without allocation is that of package os", func() {
		for d, sizes := range check.Gather("size of each device by both readers", bothSizes) {
			Expect(sizes[0]).To(Equal(sizes[1]), d)
		}
	})
}

// ofOwn returns an attribute of the device with a node of that name.
func ofOwn(node, attribute string) uint64 {
	GinkgoHelper()
	n, err := sysfs.Dir{}.Decimal(filepath.Join("/sys/block", filepath.Base(node), attribute))
	check.NoError(err)
	return n
}

// parsed returns the number in what a program printed.
func parsed(text, pattern string) uint64 {
	GinkgoHelper()
	match := regexp.MustCompile("(?m)" + pattern).FindStringSubmatch(text)
	Expect(match).NotTo(BeNil(), "%q", text)
	n, err := strconv.ParseUint(match[1], 10, 64)
	check.NoError(err)
	return n
}

// grownDevice returns a device's sectors before and after it grew, read by one descriptor, and its bytes by a node opened before.
func grownDevice() [3]uint64 {
	GinkgoHelper()
	d, f := ownDevice(ownBytes, loop.Options{})
	size, err := os.Open(filepath.Join("/sys/block", d.Name(), "size"))
	check.NoError(err)
	DeferCleanup(size.Close)
	node, err := os.Open(d.Node())
	check.NoError(err)
	DeferCleanup(node.Close)
	read := func() uint64 {
		text := make([]byte, 32)
		n, err := size.ReadAt(text, 0)
		if n == 0 {
			check.NoError(err)
		}
		sectors, err := sysfs.ParseDecimal(text[:n])
		check.NoError(err)
		return sectors
	}
	before := read()
	check.NoError(f.Truncate(2 * ownBytes))
	check.NoError(d.Resize())
	end, err := node.Seek(0, 2)
	check.NoError(err)
	return [3]uint64{before, read(), uint64(end)}
}

// partitioned makes a device with two partitions: of 1000 sectors from 64 on, and of 3000 from 2048 on. It tells the kernel, which may
// not know any kind of partition table.
func partitioned() *loop.Device {
	GinkgoHelper()
	d, _ := ownDevice(ownBytes, loop.Options{Partitions: true})
	for i, p := range [][2]int64{{64, 1000}, {2048, 3000}} {
		err := d.AddPartition(int32(i+1), p[0]*sectorBytes, p[1]*sectorBytes)
		needsDevice(err)
		check.NoError(err)
	}
	return d
}

func twoPartitions() [4]uint64 {
	GinkgoHelper()
	d := partitioned()
	part := func(n int, attribute string) uint64 {
		return number(filepath.Join(d.Name(), d.Name()+"p"+strconv.Itoa(n)), attribute)
	}
	return [4]uint64{part(1, "start"), part(1, "size"), part(2, "start"), part(2, "size")}
}

// bothSizes returns the size of each device by the reader of package sysfs, and by package os and strconv.
func bothSizes() map[string][2]uint64 {
	GinkgoHelper()
	return ofEach(devices(), func(d string) [2]uint64 {
		for range 100 {
			theirs := number(d, "size")
			own, err := sysfs.Dir{}.Decimal(filepath.Join("/sys/block", d, "size"))
			if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) {
				check.Skip(record.Sayf("%s has just been removed", "设备 %s 刚刚消失", d))
			}
			check.NoError(err)
			if own == theirs || number(d, "size") == theirs { // it may be resized meanwhile
				return [2]uint64{own, theirs}
			}
		}
		check.Skip(record.Sayf("%s is resized all the time", "设备 %s 的大小一直在变化", d))
		panic("unreachable")
	})
}

// nodeBytes is deviceBytes for a node that the kernel is about to create.
func nodeBytes(node string) uint64 {
	GinkgoHelper()
	for end := time.Now().Add(check.ScaledTimeout(5 * time.Second)); ; time.Sleep(time.Millisecond) {
		n, err := deviceBytes(node)
		if errors.Is(err, unix.ENOENT) && time.Now().Before(end) {
			continue
		}
		check.NoError(err)
		return n
	}
}
