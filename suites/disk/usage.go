package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/shirou/gopsutil/v4/disk"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// both asks gopsutil and statfs of one state of the file system: others write to it meanwhile, so that it takes some
// tries until nothing has changed between two answers of the kernel.
func both(path string) (disk.UsageStat, unix.Statfs_t) {
	GinkgoHelper()
	for range 1000 {
		var before, after unix.Statfs_t
		check.NoError(unix.Statfs(path, &before))
		usage, err := disk.Usage(path)
		check.NoError(err)
		check.NoError(unix.Statfs(path, &after))
		if before.Blocks == 0 {
			check.Skip(record.Say("the file system keeps no account of its space", "该文件系统不统计空间"))
		}
		if before == after {
			return *usage, after
		}
	}
	check.Skip(record.Say("the file system never stood still", "文件系统始终在变化"))
	panic("unreachable")
}

func usages() {
	It("total is the blocks of statfs", func() {
		u, st := both(check.TempDir())
		Expect(u.Total).To(Or(Equal(st.Blocks*uint64(st.Bsize)), Equal(st.Blocks*uint64(st.Frsize)))) // on some they differ
	})
	It("free is what others than root may have", func() {
		u, st := both(check.TempDir())
		Expect(u.Free).To(Or(Equal(st.Bavail*uint64(st.Bsize)), Equal(st.Bavail*uint64(st.Frsize))))
	})
	It("used and free leave out what is reserved for root, and no more", func() {
		u, st := both(check.TempDir())
		reserved := (st.Bfree - st.Bavail) * (u.Total / st.Blocks)
		Expect(u.Used + u.Free + reserved).To(Equal(u.Total))
	})
	It("percentage is of used and free, as df has it", func() {
		u, _ := both(check.TempDir())
		if u.Used+u.Free == 0 {
			check.Skip(record.Say("the file system keeps no account of its space", "该文件系统不统计空间"))
		}
		Expect(u.UsedPercent).To(BeNumerically("~", 100*float64(u.Used)/float64(u.Used+u.Free), 1e-9))
	})
	It("inodes are those of statfs", func() {
		u, st := both(check.TempDir())
		Expect([]uint64{u.InodesTotal, u.InodesFree}).To(Equal([]uint64{st.Files, st.Ffree}))
	})
	It("grows by what a file takes", func() {
		f := fresh()
		before, _ := both(f.Name())
		_, err := f.Write(random(1 << 20))
		check.NoError(err)
		check.NoError(f.Sync())
		after, err := disk.Usage(f.Name())
		check.NoError(err)
		Expect(after.Total).To(Equal(before.Total))
		var st unix.Stat_t
		check.NoError(unix.Fstat(int(f.Fd()), &st))
		if counts(f) {
			Expect(st.Blocks*sectorBytes).To(BeNumerically(">=", 1<<20), "st_blocks counts 512 bytes too")
		}
	})
	It("of a path that is not there is ENOENT", func() {
		_, err := disk.Usage(filepath.Join(check.TempDir(), "none"))
		Expect(err).To(MatchError(unix.ENOENT))
	})
	It("counters are those of /proc/diskstats, in bytes", func() {
		before := sectorsRead()
		counters, err := disk.IOCounters()
		check.NoError(err)
		after := sectorsRead()
		for name, c := range counters {
			if _, stayed := after[name]; !stayed {
				continue // it has just gone
			}
			Expect(c.ReadBytes).To(And(BeNumerically(">=", before[name]*sectorBytes), BeNumerically("<=", after[name]*sectorBytes)), name)
		}
	})
}

// sectorsRead is the sixth field of each line of /proc/diskstats, by device: Documentation/admin-guide/iostats.rst.
func sectorsRead() map[string]uint64 {
	GinkgoHelper()
	sectors := map[string]uint64{}
	for line := range strings.Lines(check.KernelFile("/proc/diskstats")) {
		fields := strings.Fields(line)
		n, err := strconv.ParseUint(fields[5], 10, 64)
		check.NoError(err)
		sectors[fields[2]] = n
	}
	return sectors
}

// mount is one line of mountinfo, proc_pid_mountinfo(5).
type mount struct{ device, point, kind string }

// mountsOf reads a mountinfo; nil where it may not be read.
func mountsOf(process string) []mount {
	text, err := os.ReadFile(filepath.Join("/proc", process, "mountinfo"))
	if err != nil {
		return nil
	}
	var all []mount
	for line := range strings.Lines(string(text)) {
		left, right, found := strings.Cut(line, " - ")
		Expect(found).To(BeTrue(), line)
		all = append(all, mount{device: strings.Fields(left)[2], point: unescape(strings.Fields(left)[4]), kind: strings.Fields(right)[0]})
	}
	return all
}

// unescape turns the \ooo of space, tab, newline and backslash back.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// points are the mount points of a list, sorted.
func points[T any](list []T, point func(T) string) []string {
	var all []string
	for _, one := range list {
		all = append(all, point(one))
	}
	slices.Sort(all)
	return all
}

func mounts() {
	It("of gopsutil are those of mountinfo", func() {
		check.KernelFile("/proc/self/mountinfo") // or there is nothing to compare
		var own, theirs []string
		check.Eventually(func() []string { // until nothing is mounted meanwhile
			ms := mountsOf("1") // gopsutil prefers the first process's view to its own
			if ms == nil {
				ms = mountsOf("self")
			}
			ps, err := disk.Partitions(true)
			check.NoError(err)
			own, theirs = points(ms, func(m mount) string { return m.point }), points(ps, func(p disk.PartitionStat) string { return p.Mountpoint })
			return theirs
		}).Should(Satisfy(func(theirs []string) bool { return slices.Equal(theirs, own) }), func() string { return fmt.Sprint(own) })
	})
	It("of real devices are kinds that need a device", func() {
		text := check.KernelFile("/proc/filesystems")
		real, err := disk.Partitions(false)
		check.NoError(err)
		for _, p := range real {
			if p.Fstype == "zfs" { // gopsutil takes it for one that has devices, and says so
				continue
			}
			Expect(text).NotTo(ContainSubstring("nodev\t"+p.Fstype+"\n"), p.Mountpoint)
		}
	})
	It("name the device of the temporary directory", func() {
		var st unix.Stat_t
		dir := check.TempDir()
		check.NoError(unix.Stat(dir, &st))
		usage, err := disk.Usage(dir)
		check.NoError(err)
		check.ObserveDiffers("file system of the temporary directory", usage.Fstype,
			record.Say("each system has its own", "各系统自有选择"))
		if slices.Contains(subvolumes, kindOf(dir)) {
			check.Skip(record.Say("this file system gives each subvolume a device of its own", "该文件系统的每个子卷使用独立的设备号"))
		}
		check.KernelFile("/proc/self/mountinfo")
		var listed []string
		rooted := false
		for _, m := range mountsOf("self") {
			listed = append(listed, m.device)
			rooted = rooted || m.point == "/"
		}
		if !rooted {
			check.Skip(record.Say("the root directory is no mount's here, as after chroot: the list leaves its file system out",
				"此处根目录不是挂载点（如 chroot 之后）：列表中没有其文件系统"))
		}
		Expect(listed).To(ContainElement(deviceNumber(uint64(st.Dev))))
	})
}
