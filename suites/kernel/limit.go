package kernel

import (
	"fmt"
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
)

func limits() {
	It("of open files is raised by Go to what is allowed", func() {
		var files unix.Rlimit
		check.NoError(unix.Getrlimit(unix.RLIMIT_NOFILE, &files))
		check.ObserveDiffers("open files", files, settings)
		if most, known := knownNumber("fs/nr_open"); known && uint64(most) < files.Max {
			check.Skip(record.Say("fs.nr_open is below the hard limit: setrlimit refuses to raise anything", "fs.nr_open 低于硬限制：setrlimit 拒绝任何提高"))
		}
		Expect(files.Cur).To(BeNumerically(">=", files.Max-1)) // since Go 1.19
	})
	It("of open files ends in EMFILE", openFiles)
	It("of open files does not go above fs.nr_open, for root either", func() {
		hostsOwn()
		var files unix.Rlimit
		check.NoError(unix.Getrlimit(unix.RLIMIT_NOFILE, &files))
		files.Max = uint64(sysctlNumber("fs/nr_open")) + 1
		files.Cur = min(files.Cur, files.Max)
		Expect(unix.Setrlimit(unix.RLIMIT_NOFILE, &files)).To(MatchError(unix.EPERM))
	})
	It("of open files in the system is counted", func() {
		hostsOwn()
		// Each processor counts some for itself before it adds them to the whole (lib/percpu_counter.c), more the more
		// processors there are: the sum may lag behind by thousands, and be 0. A privileged process may open files beyond
		// the limit. So the numbers are recorded, and only what they are is judged.
		var open, spare, most uint64
		_, err := fmt.Sscan(sysctl("fs/file-nr"), &open, &spare, &most)
		check.NoError(err)
		check.ObserveDiffers("fs.file-nr", []uint64{open, spare, most}, settings)
		Expect(spare).To(BeZero(), "always 0 since Linux 2.6: Documentation/admin-guide/sysctl/fs.rst")
		Expect(most).To(BeEquivalentTo(sysctlNumber("fs/file-max")))
	})
	It("of process numbers lies in the kernel's range", func() {
		hostsOwn()
		most := sysctlNumber("kernel/pid_max")
		check.ObserveDiffers("pid_max", most, settings)
		Expect(most).To(And(BeNumerically(">", 300), BeNumerically("<=", 1<<22))) // kernel/pid.c
	})
	It("of process numbers refuses what is out of range with EINVAL", func() {
		hostsOwn()
		refuses("kernel/pid_max", "4194305") // a kernel that takes it is none the worse for the moment
	})
	It("of mappings is enough for a Go program", func() {
		hostsOwn()
		most := sysctlNumber("vm/max_map_count")
		check.ObserveDiffers("max_map_count", most, settings)
		Expect(most).To(BeNumerically(">", mappings()), "this process has so many")
	})
	It("of threads is enough for a Go program", func() {
		hostsOwn()
		most := sysctlNumber("kernel/threads-max")
		check.ObserveDiffers("threads-max", most, settings)
		Expect(most).To(BeNumerically(">=", len(check.KernelDir("/proc/self/task"))), "this process has so many")
	})
	It("of processors is what the affinity mask says", func() {
		hostsOwn()
		may, listed := check.Processors(), check.Numbers(status("Cpus_allowed_list"))
		check.ObserveDiffers("processors online and listed", []int{len(may), len(listed)}, settings)
		Expect(may).NotTo(BeEmpty())
		Expect(subset(may, listed)).To(BeTrue(), "%v of %v", may, listed)
		online := check.Numbers(check.KernelFile("/sys/devices/system/cpu/online"))
		Expect(subset(may, online)).To(BeTrue(), "%v of %v", may, online)
	})
	It("of locked memory counts for those without privilege", func() {
		hostsOwn()
		var locked unix.Rlimit
		check.NoError(unix.Getrlimit(unix.RLIMIT_MEMLOCK, &locked))
		check.ObserveDiffers("locked memory", locked, settings)
		if os.Geteuid() == 0 || check.Capable(unix.CAP_IPC_LOCK) || locked.Cur > 1<<30 {
			check.Skip(record.Say("no limit counts for this user", "该用户不受此限制"))
		}
		pages, err := unix.Mmap(-1, 0, int(locked.Cur)+1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		check.NoError(err)
		DeferCleanup(func() error { return unix.Munmap(pages) })
		Expect(unix.Mlock(pages)).To(Or(MatchError(unix.ENOMEM), MatchError(unix.EPERM), MatchError(unix.EAGAIN))) // mlock(2)
	})
}

// openFiles opens files until none is left of a lowered limit.
func openFiles() {
	hostsOwn()
	var before unix.Rlimit
	check.NoError(unix.Getrlimit(unix.RLIMIT_NOFILE, &before))
	DeferCleanup(func() error { return unix.Setrlimit(unix.RLIMIT_NOFILE, &before) })
	most := int(min(256, before.Max))
	check.NoError(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(most), Max: before.Max}))
	var open []int
	DeferCleanup(func() {
		for _, fd := range open {
			unix.Close(fd)
		}
	})
	for len(open) <= most {
		fd, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0) // there is a root directory where there is no /dev
		if err != nil {
			Expect(err).To(MatchError(unix.EMFILE))
			return
		}
		Expect(fd).To(BeNumerically("<", most))
		open = append(open, fd)
	}
	Fail("more files are open than may be")
}

// mappings is how many this process has.
func mappings() int { return strings.Count(check.KernelFile("/proc/self/maps"), "\n") }

// subset reports whether all of a sorted list are in another.
func subset(some, all []int) bool {
	return !slices.ContainsFunc(some, func(n int) bool { _, found := slices.BinarySearch(all, n); return !found })
}

// knownNumber is a sysctl's, where there is one that may be read.
func knownNumber(name string) (n int64, known bool) {
	text, err := os.ReadFile(filepath.Join("/proc/sys", name))
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
