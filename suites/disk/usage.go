package disk

import (
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
		Expect(unix.Statfs(path, &before)).To(Succeed())
		usage, err := disk.Usage(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(unix.Statfs(path, &after)).To(Succeed())
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
		u, st := both(GinkgoT().TempDir())
		Expect(u.Total).To(Equal(st.Blocks * uint64(st.Bsize)))
	})
	It("free is what others than root may have", func() {
		u, st := both(GinkgoT().TempDir())
		Expect(u.Free).To(Equal(st.Bavail * uint64(st.Bsize)))
	})
	It("used and free leave out what is reserved for root, and no more", func() {
		u, st := both(GinkgoT().TempDir())
		reserved := (st.Bfree - st.Bavail) * uint64(st.Bsize)
		Expect(u.Used + u.Free + reserved).To(Equal(u.Total))
	})
	It("percentage is of used and free, as df has it", func() {
		u, _ := both(GinkgoT().TempDir())
		Expect(u.UsedPercent).To(BeNumerically("~", 100*float64(u.Used)/float64(u.Used+u.Free), 1e-9))
	})
	It("inodes are those of statfs", func() {
		u, st := both(GinkgoT().TempDir())
		Expect([]uint64{u.InodesTotal, u.InodesFree}).To(Equal([]uint64{st.Files, st.Ffree}))
	})
	It("grows by what a file takes", func() {
		f := fresh()
		before, _ := both(f.Name())
		_, err := f.Write(random(1 << 20))
		Expect(err).NotTo(HaveOccurred())
		Expect(f.Sync()).To(Succeed())
		after, err := disk.Usage(f.Name())
		Expect(err).NotTo(HaveOccurred())
		Expect(after.Total).To(Equal(before.Total))
		var st unix.Stat_t
		Expect(unix.Fstat(int(f.Fd()), &st)).To(Succeed())
		Expect(st.Blocks*sectorBytes).To(BeNumerically(">=", 1<<20), "st_blocks counts 512 bytes too")
	})
	It("of a path that is not there is ENOENT", func() {
		_, err := disk.Usage(filepath.Join(GinkgoT().TempDir(), "none"))
		Expect(err).To(MatchError(unix.ENOENT))
	})
	It("counters are those of /proc/diskstats, in bytes", func() {
		before := sectorsRead()
		counters, err := disk.IOCounters()
		Expect(err).NotTo(HaveOccurred())
		after := sectorsRead()
		for name, c := range counters {
			Expect(c.ReadBytes).To(And(BeNumerically(">=", before[name]*sectorBytes), BeNumerically("<=", after[name]*sectorBytes)), name)
		}
	})
}

// sectorsRead is the sixth field of each line of /proc/diskstats, by device: Documentation/admin-guide/iostats.rst.
func sectorsRead() map[string]uint64 {
	text, err := os.ReadFile("/proc/diskstats")
	Expect(err).NotTo(HaveOccurred())
	sectors := map[string]uint64{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		n, err := strconv.ParseUint(fields[5], 10, 64)
		Expect(err).NotTo(HaveOccurred())
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
		own := mountsOf("1") // gopsutil prefers the first process's view to its own
		if own == nil {
			own = mountsOf("self")
		}
		theirs, err := disk.Partitions(true)
		Expect(err).NotTo(HaveOccurred())
		Expect(points(theirs, func(p disk.PartitionStat) string { return p.Mountpoint })).
			To(Equal(points(own, func(m mount) string { return m.point })))
	})
	It("of real devices are kinds that need a device", func() {
		text, err := os.ReadFile("/proc/filesystems")
		Expect(err).NotTo(HaveOccurred())
		real, err := disk.Partitions(false)
		Expect(err).NotTo(HaveOccurred())
		for _, p := range real {
			Expect(string(text)).NotTo(ContainSubstring("nodev\t"+p.Fstype+"\n"), p.Mountpoint)
		}
	})
	It("name the device of the temporary directory", func() {
		var st unix.Stat_t
		dir := GinkgoT().TempDir()
		Expect(unix.Stat(dir, &st)).To(Succeed())
		usage, err := disk.Usage(dir)
		Expect(err).NotTo(HaveOccurred())
		check.ObserveDiffers("file system of the temporary directory", usage.Fstype,
			record.Say("each system has its own", "各系统自有选择"))
		if strings.Contains(usage.Fstype, "btrfs") {
			check.Skip(record.Say("btrfs gives each subvolume a device of its own", "btrfs 的每个子卷使用独立的设备号"))
		}
		var listed []string
		for _, m := range mountsOf("self") {
			listed = append(listed, m.device)
		}
		if !slices.ContainsFunc(mountsOf("self"), func(m mount) bool { return m.point == "/" }) {
			check.Skip(record.Say("the root of this process is no mount point (chroot)", "本进程的根目录不是挂载点（chroot）"))
		}
		dev := uint64(st.Dev)
		Expect(listed).To(ContainElement(strconv.Itoa(int(unix.Major(dev))) + ":" + strconv.Itoa(int(unix.Minor(dev)))))
	})
}
