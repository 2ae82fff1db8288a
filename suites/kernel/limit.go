package kernel

import (
	"fmt"
	"os"
	"runtime"
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
		Expect(unix.Getrlimit(unix.RLIMIT_NOFILE, &files)).To(Succeed())
		check.ObserveDiffers("open files", files, settings)
		Expect(files.Cur).To(BeNumerically(">=", files.Max-1)) // since Go 1.19
	})
	It("of open files ends in EMFILE", openFiles)
	It("of open files does not go above fs.nr_open, for root either", func() {
		hostsOwn()
		var files unix.Rlimit
		Expect(unix.Getrlimit(unix.RLIMIT_NOFILE, &files)).To(Succeed())
		files.Max = uint64(sysctlNumber("fs/nr_open")) + 1
		Expect(unix.Setrlimit(unix.RLIMIT_NOFILE, &files)).To(MatchError(unix.EPERM))
	})
	It("of open files in the system is counted", func() {
		hostsOwn()
		// Each processor counts some for itself before it adds them to the whole (lib/percpu_counter.c).
		for range 64 * (runtime.NumCPU() + 1) {
			f, err := os.Open(os.DevNull)
			Expect(err).NotTo(HaveOccurred())
			defer f.Close()
		}
		var open, spare, most uint64
		_, err := fmt.Sscan(sysctl("fs/file-nr"), &open, &spare, &most)
		Expect(err).NotTo(HaveOccurred())
		Expect(open).To(And(BeNumerically(">", 0), BeNumerically("<=", most)))
	})
	It("of process numbers lies in the kernel's range", func() {
		hostsOwn()
		most := sysctlNumber("kernel/pid_max")
		check.ObserveDiffers("pid_max", most, settings)
		Expect(most).To(And(BeNumerically(">", 300), BeNumerically("<=", 1<<22))) // kernel/pid.c
		Expect(int64(os.Getpid())).To(BeNumerically("<", most))
	})
	It("of process numbers refuses what is out of range with EINVAL", func() {
		hostsOwn()
		refuses("kernel/pid_max", "200")
		refuses("kernel/pid_max", "4194305")
	})
	It("of mappings is enough for a Go program", func() {
		hostsOwn()
		most := sysctlNumber("vm/max_map_count")
		check.ObserveDiffers("max_map_count", most, settings)
		Expect(most).To(BeNumerically(">=", 65530)) // DEFAULT_MAX_MAP_COUNT
	})
	It("of threads is enough for a Go program", func() {
		hostsOwn()
		Expect(sysctlNumber("kernel/threads-max")).To(BeNumerically(">=", 1000))
	})
	It("of processors is what the affinity mask says", func() {
		var mask unix.CPUSet
		Expect(unix.SchedGetaffinity(0, &mask)).To(Succeed())
		Expect(mask.Count()).To(Equal(listed(status("Cpus_allowed_list"))))
	})
	It("of locked memory counts for those without privilege", func() {
		hostsOwn()
		var locked unix.Rlimit
		Expect(unix.Getrlimit(unix.RLIMIT_MEMLOCK, &locked)).To(Succeed())
		check.ObserveDiffers("locked memory", locked, settings)
		if os.Geteuid() == 0 || locked.Cur > 1<<30 {
			check.Skip(record.Say("no limit counts for this user", "该用户不受此限制"))
		}
		pages, err := unix.Mmap(-1, 0, int(locked.Cur)+1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() error { return unix.Munmap(pages) })
		Expect(unix.Mlock(pages)).To(Or(MatchError(unix.ENOMEM), MatchError(unix.EPERM)))
	})
}

// openFiles opens files until none is left of a lowered limit.
func openFiles() {
	hostsOwn()
	var before unix.Rlimit
	Expect(unix.Getrlimit(unix.RLIMIT_NOFILE, &before)).To(Succeed())
	DeferCleanup(func() error { return unix.Setrlimit(unix.RLIMIT_NOFILE, &before) })
	Expect(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 256, Max: before.Max})).To(Succeed())
	var open []int
	DeferCleanup(func() {
		for _, fd := range open {
			unix.Close(fd)
		}
	})
	for len(open) <= 256 {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			Expect(err).To(MatchError(unix.EMFILE))
			return
		}
		Expect(fd).To(BeNumerically("<", 256))
		open = append(open, fd)
	}
	Fail("256 files more are open than may be")
}

// listed counts the numbers in a list such as "0-3,8".
func listed(list string) int {
	GinkgoHelper()
	n := 0
	for part := range strings.SplitSeq(list, ",") {
		var from, to int
		if _, err := fmt.Sscanf(part, "%d-%d", &from, &to); err != nil {
			_, err = fmt.Sscan(part, &from)
			Expect(err).NotTo(HaveOccurred(), list)
			to = from
		}
		n += to - from + 1
	}
	return n
}
