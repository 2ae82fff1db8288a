package disk

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/device"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
)

// drivers are the names that /proc/devices has for the major numbers of a kind. Kinds that have their numbers from a common pool are
// "blkext" there.
var drivers = map[device.Kind][]string{
	device.Loop: {"loop"}, device.Mapper: {"device-mapper"}, device.Multipath: {"device-mapper"}, device.RAID: {"md", "mdp"},
	device.NVMe: {"blkext"}, device.Path: {"blkext"}, device.EMMC: {"mmc"}, device.SD: {"mmc"}, device.Boot: {"mmc"},
	device.VirtIO: {"virtblk", "xvd"}, device.SCSI: {"sd", "ide0", "ide1"}, device.ZRAM: {"zram"}, device.RAM: {"ramdisk"},
	device.Network: {"nbd"}, device.Null: {"nullb"}, device.Optical: {"sr"},
}

// kindSpecs tell devices apart by sysfs, so that a program counts each disk once.
func kindSpecs() {
	It("of each device fits the driver that has its number", func() {
		for d, seen := range check.Gather("kind of each device, and driver of its number", kindsAndDrivers) {
			if kind := device.Kind(seen[0]); kind != device.Unknown {
				Expect(append([]string{"blkext"}, drivers[kind]...)).To(ContainElement(seen[1]), "%s: %s", d, kind)
			}
		}
	})
	It("of a device that shows a file is loop, and the file is named", func() {
		seen := check.Gather("kind of a device that shows a file, and the file", func() [2]string {
			d, f := ownDevice(1<<20, loop.Options{})
			kind, err := device.KindOf("/sys/block", d.Name())
			check.NoError(err)
			name, same := attribute(d.Name(), "loop/backing_file"), "another"
			if strings.TrimSuffix(name, "\n") == f.Name() {
				same = "the file"
			}
			return [2]string{string(kind), same}
		})
		Expect(seen).To(Equal([2]string{"loop", "the file"}))
	})
	It("of a partition is partition, and its device is the directory above", func() {
		seen := check.Gather("kind of a partition, its number, and its directory", func() [3]string {
			d := partitioned()
			name := filepath.Join(d.Name(), d.Name()+"p2")
			kind, err := device.KindOf("/sys/block", name)
			check.NoError(err)
			real, err := filepath.EvalSymlinks(filepath.Join("/sys/class/block", d.Name()+"p2"))
			check.NoError(err)
			above := "another"
			if filepath.Base(filepath.Dir(real)) == d.Name() {
				above = "its device"
			}
			return [3]string{string(kind), strings.TrimSuffix(attribute(name, "partition"), "\n"), above}
		})
		Expect(seen).To(Equal([3]string{"partition", "2", "its device"}))
	})
	It("of a partition is no disk in /sys/block", func() {
		Expect(check.Gather("partitions in /sys/block", func() []string {
			d := partitioned()
			var found []string
			for _, name := range devices() {
				if name == d.Name()+"p1" || name == d.Name()+"p2" {
					found = append(found, name)
				}
			}
			return found
		})).To(BeEmpty())
	})
	It("of what the root directory is on is recorded: a disk, or a file system without one, as in a container", func() {
		check.ObserveDiffers("root directory", rootKind(), record.Say("each machine has its own", "各机器自有配置"))
	})
}

// kindsAndDrivers returns the kind of each device, and the name in /proc/devices of its major number.
func kindsAndDrivers() map[string][2]string {
	GinkgoHelper()
	check.NeedsKernel(record.Say("devices are the host's", "设备属于宿主机"))
	names := map[string]string{}
	_, blocks, _ := strings.Cut(check.KernelFile("/proc/devices"), "Block devices:")
	for line := range strings.Lines(blocks) {
		if fields := strings.Fields(line); len(fields) == 2 {
			names[fields[0]] = fields[1]
		}
	}
	return ofEach(devices(), func(d string) [2]string {
		kind, err := device.KindOf("/sys/block", d)
		check.NoError(err)
		major, _, _ := strings.Cut(attribute(d, "dev"), ":")
		return [2]string{string(kind), names[major]}
	})
}

// rootKind returns the kind of the device under the root directory, or that of the file system where there is no device.
func rootKind() string {
	GinkgoHelper()
	f := check.KernelOpen("/proc/self/mountinfo")
	for lines := bufio.NewScanner(f); lines.Scan(); {
		left, right, _ := strings.Cut(lines.Text(), " - ")
		fields, after := strings.Fields(left), strings.Fields(right)
		if len(fields) < 5 || len(after) == 0 || fields[4] != "/" {
			continue
		}
		real, err := filepath.EvalSymlinks(filepath.Join("/sys/dev/block", fields[2]))
		if err != nil {
			return "file system " + after[0]
		}
		name := filepath.Base(real)
		if _, err := os.Stat(filepath.Join(real, "partition")); err == nil {
			name = filepath.Join(filepath.Base(filepath.Dir(real)), name)
		}
		kind, err := device.KindOf("/sys/block", name)
		if err != nil {
			return "file system " + after[0]
		}
		return string(kind)
	}
	check.Skip(record.Say("the root directory is not a mount point here, as after chroot", "此处根目录不是挂载点（如 chroot 之后）"))
	panic("unreachable")
}
