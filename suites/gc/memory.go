package gc

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// memories registers what the collector does with a program's memory: by its environment, in control groups, close to limits.
func memories() {
	for _, c := range []struct {
		env, name string
		want      uint64
	}{
		{"GOGC=37", "GOGC", 37}, {"GOGC=400", "GOGC", 400},
		{"GOMEMLIMIT=64MiB", "GOMEMLIMIT", 64 << 20}, {"GOMEMLIMIT=123456789", "GOMEMLIMIT", 123456789}, {"GOMEMLIMIT=off", "GOMEMLIMIT", 1<<63 - 1},
	} {
		It("setting "+c.env+" is read from the environment", func(ctx SpecContext) {
			var is uint64
			is = check.Gather(c.name+" of a process with "+c.env, func() uint64 {
				inProcess(ctx, "settings", rerun.Options{Env: []string{c.env}}).Done().Value(c.name, &is)
				return is
			})
			Expect(is).To(Equal(c.want))
		})
	}
}

// groupLimits registers processes in control groups that limit their memory.
func groupLimits() {
	It("limit keeps garbage within a control group that is hardly larger", func(ctx SpecContext) {
		is := check.Gather("signal and kills of a process with garbage below its group's limit", func() []int {
			g := rerun.NewGroup("memory")
			g.SetMemory(192 << 20)
			r := inProcess(ctx, "garbage", rerun.Options{Group: g, Env: []string{"GOGC=off", "GOMEMLIMIT=96MiB"}})
			return []int{int(r.Signal()), int(g.Kills())}
		})
		Expect(is).To(Equal([]int{0, 0}))
	})
	It("without a limit grows with GOGC=off until a control group ends it", check.Deep(), func(ctx SpecContext) {
		is := check.Gather("signal and kills of a process with garbage and GOGC=off", func() []int {
			g := rerun.NewGroup("memory")
			g.SetMemory(128 << 20)
			r := inProcess(ctx, "garbage", rerun.Options{Group: g, Env: []string{"GOGC=off"}})
			return []int{int(r.Signal()), min(int(g.Kills()), 1)}
		})
		Expect(is).To(Equal([]int{int(syscall.SIGKILL), 1}))
	})
	It("in use beyond a control group's limit ends the process, whatever GOMEMLIMIT is", func(ctx SpecContext) {
		is := check.Gather("signal and kills of a process with more in use than its group may have", func() []int {
			g := rerun.NewGroup("memory")
			g.SetMemory(128 << 20)
			r := inProcess(ctx, "memory in use", rerun.Options{Group: g, Env: []string{"GOMEMLIMIT=96MiB"}})
			return []int{int(r.Signal()), min(int(g.Kills()), 1)}
		})
		// The limit is soft: https://go.dev/doc/gc-guide. The kernel tells by its count that it was the one that has ended it.
		Expect(is).To(Equal([]int{int(syscall.SIGKILL), 1}))
	})
	It("that is enough counts no process as ended by the kernel", func(ctx SpecContext) {
		is := check.Gather("signal and kills of a process with less in use than its group may have", func() []int {
			g := rerun.NewGroup("memory")
			g.SetMemory(512 << 20)
			r := inProcess(ctx, "memory in use", rerun.Options{Group: g})
			return []int{int(r.Signal()), int(g.Kills())}
		})
		Expect(is).To(Equal([]int{0, 0}))
	})
}

// pages registers what holds of the pages of the process.
func pages() {
	It("given back is no longer resident", func(ctx SpecContext) {
		is := check.Gather("resident memory with 64 MiB in use, and after they were given back", func() []uint64 {
			var resident []uint64
			inProcess(ctx, "released memory", rerun.Options{}).Done().Value("resident", &resident)
			return resident
		})
		Expect(is[1] + 48<<20).To(BeNumerically("<", is[0]))
	})
	It("of the heap is aligned to the kernel's pages", func() {
		pages := check.Gather("size of a page, and remainder of a large block's address", func() []uint64 {
			hostsPages()
			block := make([]byte, 4<<20)
			return []uint64{uint64(os.Getpagesize()), address(block) % 8192}
		})
		Expect(pages[0]).To(BeNumerically(">=", 4096))
		Expect(pages[1]).To(BeZero()) // the runtime's own page
	})
	It("held by the runtime is not less than what is in use", func() {
		is := check.Gather("bytes held, and in use after a cycle", func() []uint64 { return []uint64{meter.Held(), meter.Figure(meter.Live)} })
		Expect(is[0]).To(BeNumerically(">=", is[1]))
	})
	It("resident is not more than its peak", func() {
		is := check.Gather("resident memory and its peak", func() []uint64 {
			hostsPages()
			resident := meter.Resident()
			return []uint64{resident, meter.Peak()}
		})
		Expect(is[0]).To(And(BeNumerically(">", 0), BeNumerically("<=", is[1]+is[1]/10))) // the kernel counts by thread: mm_counter
	})
}

// places registers what the kernel tells of pages and of the group.
func places() {
	It("of transparent huge pages is a mode that the kernel knows", func() {
		mode := check.Gather("mode of transparent huge pages", func() string {
			hostsPages()
			return chosenMode(check.KernelFile("/sys/kernel/mm/transparent_hugepage/enabled"))
		})
		check.ObserveDiffers("transparent huge pages", mode, record.Say("each machine has its own", "各机器不同"))
		Expect([]string{"always", "madvise", "never"}).To(ContainElement(mode))
	})
	It("of huge pages is a multiple of the page", func() {
		is := check.Gather("size of a huge page, and of a page", func() []uint64 {
			hostsPages()
			text := strings.TrimSpace(check.KernelFile("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"))
			n, err := strconv.ParseUint(text, 10, 64)
			check.NoError(err)
			return []uint64{n, uint64(os.Getpagesize())}
		})
		Expect(is[1]).To(BeNumerically(">", 0))
		Expect(is[0] % is[1]).To(BeZero())
		Expect(is[0]).To(BeNumerically(">", is[1]))
	})
	It("of the process lies on NUMA nodes that there are", func() {
		is := check.Gather("nodes that memory lies on, and nodes that have memory", func() [][]int {
			hostsPages()
			has := check.ParseKernelList(check.KernelFile("/sys/devices/system/node/has_memory"))
			return [][]int{nodesOf(check.KernelFile("/proc/self/numa_maps")), has}
		})
		Expect(is[0]).NotTo(BeEmpty())
		for _, n := range is[0] {
			Expect(is[1]).To(ContainElement(n))
		}
	})
	It("charged to the control group is not less than the process's own anonymous memory", func(ctx SpecContext) {
		is := check.Gather("bytes charged to the group, and written to", func() []uint64 {
			g := rerun.NewGroup("memory")
			g.SetMemory(512 << 20)
			var use []uint64
			inProcess(ctx, "use of the group", rerun.Options{Group: g}).Done().Value("use", &use)
			return use
		})
		Expect(is[0]).To(And(BeNumerically(">=", is[1]), BeNumerically("<=", 512<<20)))
	})
	It("collection by time comes without allocations", check.Deep(), check.Within(4*time.Minute), func() {
		is := check.Gather("cycles in 130 s without allocations", func() uint64 { // the runtime collects every two minutes: runtime.forcegcperiod
			before := meter.Figure(meter.Cycles)
			time.Sleep(130 * time.Second)
			return meter.Figure(meter.Cycles) - before
		})
		Expect(is).To(BeNumerically(">", 0))
	})
}

// hostsPages skips the spec under a user-mode emulator, whose memory is the host's.
func hostsPages() {
	GinkgoHelper()
	check.NeedsKernel(record.Say("pages and memory are the host's", "页与内存属于宿主机"))
}

// chosenMode returns the mode in brackets: "always [madvise] never".
func chosenMode(text string) string {
	_, rest, _ := strings.Cut(text, "[")
	mode, _, _ := strings.Cut(rest, "]")
	return mode
}

// nodesOf returns the nodes that /proc/PID/numa_maps names: "N0=12".
func nodesOf(text string) (nodes []int) {
	seen := map[int]bool{}
	for _, field := range strings.Fields(text) {
		name, _, is := strings.Cut(field, "=")
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "N")); is && strings.HasPrefix(name, "N") && err == nil && !seen[n] {
			seen[n] = true
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// address returns the address of a block.
func address(block []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&block[0]))) }
