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
		files := check.Gather("limit of open files", func() unix.Rlimit {
			var files unix.Rlimit
			check.NoError(unix.Getrlimit(unix.RLIMIT_NOFILE, &files))
			check.ObserveDiffers("open files", files, settings)
			if most, known := knownNumber("fs/nr_open"); known && uint64(most) < files.Max {
				check.Skip(record.Say("fs.nr_open is below the hard limit: setrlimit refuses to raise anything", "fs.nr_open 低于硬限制：setrlimit 拒绝任何提高"))
			}
			return files
		})
		Expect(files.Cur).To(BeNumerically(">=", files.Max-1)) // since Go 1.19
	})
	It("of open files ends in EMFILE", openFiles)
	It("of open files does not go above fs.nr_open, for root either", func() {
		Expect(check.Gather("answer to a limit of open files above fs.nr_open", func() error {
			hostsOwn()
			var files unix.Rlimit
			check.NoError(unix.Getrlimit(unix.RLIMIT_NOFILE, &files))
			files.Max = uint64(sysctlNumber("fs/nr_open")) + 1
			files.Cur = min(files.Cur, files.Max)
			return unix.Setrlimit(unix.RLIMIT_NOFILE, &files)
		})).To(MatchError(unix.EPERM))
	})
	It("of open files in the system is counted", func() {
		// Each processor counts files by itself before it adds them to the total (lib/percpu_counter.c), the more the more
		// processors there are: the total may be thousands behind, and 0. A privileged process may open files beyond the
		// limit. So the numbers are recorded, and only their form is judged.
		counts := check.Gather("fs.file-nr", func() [3]uint64 {
			hostsOwn()
			var all [3]uint64
			_, err := fmt.Sscan(sysctl("fs/file-nr"), &all[0], &all[1], &all[2])
			check.NoError(err)
			return all
		})
		check.ObserveDiffers("fs.file-nr", counts, settings)
		Expect(counts[1]).To(BeZero(), "always 0 since Linux 2.6: Documentation/admin-guide/sysctl/fs.rst")
		Expect(counts[2]).To(BeEquivalentTo(sysctlNumber("fs/file-max")))
	})
	It("of process numbers lies in the kernel's range", func() {
		most := sysctlNumber("kernel/pid_max")
		check.ObserveDiffers("pid_max", most, settings)
		Expect(most).To(And(BeNumerically(">", 300), BeNumerically("<=", 1<<22))) // kernel/pid.c
	})
	It("of process numbers refuses what is out of range with EINVAL", func() {
		refuses("kernel/pid_max", "4194305") // a kernel that takes it is none the worse for the moment
	})
	It("of mappings is enough for a Go program", func() {
		most := sysctlNumber("vm/max_map_count")
		check.ObserveDiffers("max_map_count", most, settings)
		Expect(most).To(BeNumerically(">", check.Gather("mappings of this process", mappings)), "this process has so many")
	})
	It("of threads is enough for a Go program", func() {
		most := sysctlNumber("kernel/threads-max")
		check.ObserveDiffers("threads-max", most, settings)
		threads := check.Gather("threads of this process", func() int { return len(check.KernelDir("/proc/self/task")) })
		Expect(most).To(BeNumerically(">=", threads), "this process has so many")
	})
	It("of processors is what the affinity mask says", func() {
		may := check.Gather("processors of the affinity mask", func() []int {
			hostsOwn()
			return check.Processors()
		})
		listed := check.Gather("Cpus_allowed_list", func() []int { return check.ParseKernelList(status("Cpus_allowed_list")) })
		check.ObserveDiffers("processors online and listed", []int{len(may), len(listed)}, settings)
		Expect(may).NotTo(BeEmpty())
		Expect(subset(may, listed)).To(BeTrue(), "%v of %v", may, listed)
		online := check.Gather("processors online", func() []int { return check.ParseKernelList(check.KernelFile("/sys/devices/system/cpu/online")) })
		Expect(subset(may, online)).To(BeTrue(), "%v of %v", may, online)
	})
	It("of locked memory counts for those without privilege", func() {
		Expect(check.Gather("answer to more locked memory than may be", lockTooMuch)).To(Or(MatchError(unix.ENOMEM), MatchError(unix.EPERM), MatchError(unix.EAGAIN))) // mlock(2)
	})
}

// lockTooMuch locks more memory than a user without privilege may, and returns the kernel's answer.
func lockTooMuch() error {
	GinkgoHelper()
	hostsOwn()
	var locked unix.Rlimit
	check.NoError(unix.Getrlimit(unix.RLIMIT_MEMLOCK, &locked))
	check.ObserveDiffers("locked memory", locked, settings)
	if os.Geteuid() == 0 || check.HasCapability(unix.CAP_IPC_LOCK) || locked.Cur > 1<<30 {
		check.Skip(record.Say("this user has no limit", "该用户不受此限制"))
	}
	pages, err := unix.Mmap(-1, 0, int(locked.Cur)+1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	check.NoError(err)
	DeferCleanup(func() error { return unix.Munmap(pages) })
	return unix.Mlock(pages)
}

// openFiles opens files until none is left of a lowered limit, of 256 at most, and judges how many there were, and the answer
// that ended it.
func openFiles() {
	var answer error
	seen := check.Gather("files that could be opened, and their limit", func() [2]int {
		opened, limit, err := openAll()
		answer = err
		return [2]int{opened, limit}
	})
	Expect(seen[0]).To(BeNumerically("<=", seen[1]), "more files are open than may be")
	Expect(check.Fact("answer to a file too many", answer)).To(MatchError(unix.EMFILE))
}

// openAll opens files until one is refused, or one more is open than may be.
func openAll() (opened, limit int, answer error) {
	GinkgoHelper()
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
			return opened, most, err
		}
		open = append(open, fd)
		opened = max(opened, fd+1)
	}
	return opened, most, nil
}

// mappings returns how many mappings this process has.
func mappings() int { return strings.Count(check.KernelFile("/proc/self/maps"), "\n") }

// subset reports whether all elements of a sorted list are in another one.
func subset(some, all []int) bool {
	return !slices.ContainsFunc(some, func(n int) bool { _, found := slices.BinarySearch(all, n); return !found })
}

// knownNumber returns the number in a sysctl, and whether there is one that may be read.
func knownNumber(name string) (n int64, known bool) {
	text, err := os.ReadFile(filepath.Join("/proc/sys", name))
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
