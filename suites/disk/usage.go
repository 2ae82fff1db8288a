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

// both returns the answers of gopsutil and statfs for the same state of the file system. Other programs may write to it
// meanwhile, so that both repeats until the kernel answers the same before and after gopsutil.
func both(path string) account {
	GinkgoHelper()
	return check.Gather("usage by gopsutil and by statfs", func() account { return twoAnswers(path) })
}

// account has the answers of gopsutil and of statfs for a file system.
type account struct {
	disk.UsageStat
	kernel unix.Statfs_t
}

// twoAnswers returns both, without facts given by a test.
// twoAnswers is both, without facts given by a test.
func twoAnswers(path string) account {
	GinkgoHelper()
	for range 1000 {
		var before, after unix.Statfs_t
		check.NoError(unix.Statfs(path, &before))
		usage, err := disk.Usage(path)
		check.NoError(err)
		check.NoError(unix.Statfs(path, &after))
		if before.Blocks == 0 {
			check.Skip(record.Say("the file system does not count its space", "该文件系统不统计空间"))
		}
		if before == after {
			return account{*usage, after}
		}
	}
	check.Skip(record.Say("the file system changed all the time", "文件系统始终在变化"))
	panic("unreachable")
}

func usages() {
	It("total is the blocks of statfs", func() {
		u := both(check.TempDir())
		st := u.kernel
		Expect(u.Total).To(Or(Equal(st.Blocks*uint64(st.Bsize)), Equal(st.Blocks*uint64(st.Frsize)))) // on some they differ
	})
	It("free is what others than root may have", func() {
		u := both(check.TempDir())
		st := u.kernel
		Expect(u.Free).To(Or(Equal(st.Bavail*uint64(st.Bsize)), Equal(st.Bavail*uint64(st.Frsize))))
	})
	It("used and free leave out what is reserved for root, and no more", func() {
		u := both(check.TempDir())
		st := u.kernel
		reserved := (st.Bfree - st.Bavail) * (u.Total / st.Blocks)
		Expect(u.Used + u.Free + reserved).To(Equal(u.Total))
	})
	It("percentage is of used and free, as df has it", func() {
		u := both(check.TempDir())
		if u.Used+u.Free == 0 {
			check.Skip(record.Say("the file system does not count its space", "该文件系统不统计空间"))
		}
		Expect(u.UsedPercent).To(BeNumerically("~", 100*float64(u.Used)/float64(u.Used+u.Free), 1e-9))
	})
	It("inodes are those of statfs", func() {
		u := both(check.TempDir())
		Expect([]uint64{u.InodesTotal, u.InodesFree}).To(Equal([]uint64{u.kernel.Files, u.kernel.Ffree}))
	})
	It("grows by what a file takes", func() {
		g := check.Gather("file system before and after a file of a MiB, and what the file takes", growth)
		Expect(g.after).To(Equal(g.before))
		Expect(g.taken).To(Or(BeNumerically(">=", 1<<20), Equal(uncounted)), "st_blocks counts 512 bytes too")
	})
	It("of a path that is not there is ENOENT", func() {
		_, err := disk.Usage(filepath.Join(check.TempDir(), "none"))
		Expect(check.Fact("answer of gopsutil to a path that is not there", err)).To(MatchError(unix.ENOENT))
	})
	It("counters are those of /proc/diskstats, in bytes", func() {
		for name, c := range check.Gather("bytes read by gopsutil, and sectors before and after", counters) {
			Expect(c[0]).To(And(BeNumerically(">=", c[1]*sectorBytes), BeNumerically("<=", c[2]*sectorBytes)), name)
		}
	})
}

// grown is the size of a file system before and after a file was written, and what the file takes.
type grown struct {
	before, after uint64
	taken         int64
}

// growth writes a file of a MiB.
func growth() grown {
	GinkgoHelper()
	f := fresh()
	before := twoAnswers(f.Name())
	_, err := f.Write(random(1 << 20))
	check.NoError(err)
	check.NoError(f.Sync())
	after, err := disk.Usage(f.Name())
	check.NoError(err)
	return grown{before.Total, after.Total, takenIfCounted(f)}
}

// counters are, for each device that is there all the time, what gopsutil counts, and the sectors before and after.
func counters() map[string][3]uint64 {
	GinkgoHelper()
	before := sectorsRead()
	theirs, err := disk.IOCounters()
	check.NoError(err)
	after, all := sectorsRead(), map[string][3]uint64{}
	for name, c := range theirs {
		if sectors, stayed := after[name]; stayed {
			all[name] = [3]uint64{c.ReadBytes, before[name], sectors}
		}
	}
	return all
}

// sectorsRead returns the sixth field of each line of /proc/diskstats, by device: Documentation/admin-guide/iostats.rst.
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

// mountsOf parses a mountinfo file; it returns nil if the file may not be read.
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

// unescape replaces \ooo by the space, tab, newline or backslash that it stands for.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// points returns the mount points of a list, sorted.
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
		var own []string
		check.Eventually(func() []string { // until nothing is mounted meanwhile
			both := check.Gather("mount points of mountinfo and of gopsutil", mountPoints)
			own = both[0]
			return both[1]
		}).Should(Satisfy(func(theirs []string) bool { return slices.Equal(theirs, own) }), func() string { return fmt.Sprint(own) })
	})
	It("of real devices are kinds that need a device", func() {
		text := check.Gather("/proc/filesystems", func() string { return check.KernelFile("/proc/filesystems") })
		for _, p := range check.Gather("real devices of gopsutil", func() []disk.PartitionStat {
			real, err := disk.Partitions(false)
			check.NoError(err)
			return real
		}) {
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
		listed := check.Gather("devices of mountinfo", func() []string { return mountedDevices(dir) })
		Expect(listed).To(ContainElement(check.Fact("device of the temporary directory", deviceNumber(uint64(st.Dev)))))
	})
}

// mountPoints returns those that mountinfo lists, and those that gopsutil lists.
func mountPoints() [2][]string {
	GinkgoHelper()
	check.KernelFile("/proc/self/mountinfo") // or there is nothing to compare
	ms := mountsOf("1")                      // gopsutil prefers the first process's view to its own
	if ms == nil {
		ms = mountsOf("self")
	}
	ps, err := disk.Partitions(true)
	check.NoError(err)
	return [2][]string{points(ms, func(m mount) string { return m.point }), points(ps, func(p disk.PartitionStat) string { return p.Mountpoint })}
}

// mountedDevices returns the numbers of the devices in mountinfo; the spec is skipped where that of dir need not be among them.
func mountedDevices(dir string) (listed []string) {
	GinkgoHelper()
	if slices.Contains(subvolumes, kindOf(dir)) {
		check.Skip(record.Say("this file system gives each subvolume a device of its own", "该文件系统的每个子卷使用独立的设备号"))
	}
	check.KernelFile("/proc/self/mountinfo")
	rooted := false
	for _, m := range mountsOf("self") {
		listed = append(listed, m.device)
		rooted = rooted || m.point == "/"
	}
	if !rooted {
		check.Skip(record.Say("the root directory is not a mount point here, as after chroot: the list does not have its file system",
			"此处根目录不是挂载点（如 chroot 之后）：列表中没有其文件系统"))
	}
	return listed
}
