package sched

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

func masks() {
	It("of one processor makes GOMAXPROCS one", func(ctx SpecContext) {
		is := check.Gather("GOMAXPROCS and runtime.NumCPU on one processor", func() []int {
			r := inProcess(ctx, "processors", rerun.Options{Processors: mayUse()[:1]})
			return []int{int(r.Number("GOMAXPROCS")), int(r.Number("NumCPU"))}
		})
		Expect(is).To(Equal([]int{1, 1}))
	})
	It("of all processors makes GOMAXPROCS as many, or less by a quota", func(ctx SpecContext) {
		is := check.Gather("GOMAXPROCS, runtime.NumCPU and processors of the mask", func() []int {
			all := mayUse()
			r := inProcess(ctx, "processors", rerun.Options{Processors: all})
			return []int{int(r.Number("GOMAXPROCS")), int(r.Number("NumCPU")), len(all)}
		})
		Expect(is[1]).To(Equal(is[2]))
		Expect(is[0]).To(And(BeNumerically(">", 0), BeNumerically("<=", is[1])))
	})
	It("of the last processor keeps every thread there", func(ctx SpecContext) {
		is := check.Gather("processors of a mask, and those run on", func() [][]int {
			last := mayUse()[len(mayUse())-1:]
			var on []int
			inProcess(ctx, "processors run on", rerun.Options{Processors: last, Env: []string{"GOMAXPROCS=2"}}).Value("processors", &on)
			return [][]int{last, on}
		})
		Expect(is[1]).To(Equal(is[0]))
	})
	It("that changes is followed by GOMAXPROCS", check.Within(check.DefaultDeadline*2), func(ctx SpecContext) {
		is := check.Gather("GOMAXPROCS before and after the mask became one processor", func() []int {
			if len(mayUse()) < 2 {
				check.Skip(record.Say("there is only one processor", "只有一个处理器"))
			}
			var procs []int
			inProcess(ctx, "mask that changes", rerun.Options{}).Value("GOMAXPROCS", &procs)
			return procs
		})
		Expect(is[1]).To(Equal(1)) // Go 1.25 looks from time to time: runtime.SetDefaultGOMAXPROCS
	})
	It("that changes is not followed with GODEBUG=updatemaxprocs=0", check.Deep(), check.Within(check.DefaultDeadline*2), func(ctx SpecContext) {
		is := check.Gather("GOMAXPROCS before and after, with updatemaxprocs=0", func() []int {
			if len(mayUse()) < 2 {
				check.Skip(record.Say("there is only one processor", "只有一个处理器"))
			}
			var procs []int
			inProcess(ctx, "mask that changes", rerun.Options{Env: []string{"GODEBUG=updatemaxprocs=0"}}).Value("GOMAXPROCS", &procs)
			return procs
		})
		Expect(is[1]).To(Equal(is[0]))
	})
}

// offlineProcessors registers what holds of processors that are there and offline.
func offlineProcessors() {
	It("of a thread has no processor that is offline", func() {
		is := check.Gather("processors of this thread, and offline ones", func() [][]int {
			hostsOwn()
			return [][]int{check.Processors(), listed("offline")}
		})
		for _, n := range is[1] {
			Expect(is[0]).NotTo(ContainElement(n))
		}
	})
	It("never has more processors than are possible", func() {
		is := check.Gather("processors that are possible, present and online", func() [][]int {
			hostsOwn()
			return [][]int{listed("possible"), listed("present"), listed("online")}
		})
		check.ObserveDiffers("processors that are possible, present and online", []int{len(is[0]), len(is[1]), len(is[2])}, record.Say("each machine has its own", "各机器不同"))
		for i, larger := range is[:2] {
			for _, n := range is[i+1] {
				Expect(larger).To(ContainElement(n))
			}
		}
	})
	It("loses a processor that is taken offline", check.Within(check.DefaultDeadline*2), func(ctx SpecContext) {
		is := check.Gather("runtime.NumCPU with every processor, and with one offline", func() []int {
			restore := takeOffline()
			defer restore()
			one := int(inProcess(ctx, "processors", rerun.Options{}).Number("NumCPU"))
			restore()
			return []int{int(inProcess(ctx, "processors", rerun.Options{}).Number("NumCPU")), one}
		})
		Expect(is[1]).To(Equal(is[0] - 1))
	})
}

// mayUse returns the processors that this process may use; the spec is skipped where they are the host's.
func mayUse() []int {
	GinkgoHelper()
	hostsOwn()
	return check.Processors()
}

// listed returns a list of processors of the kernel.
func listed(name string) []int {
	GinkgoHelper()
	return check.ParseKernelList(machineFile("cpu", name))
}

// takeOffline takes the last processor offline and returns the function that takes it online again. Only in a virtual machine,
// which is ours, is it done; elsewhere the spec is skipped.
func takeOffline() (restore func()) {
	GinkgoHelper()
	if check.Launch().Provenance != record.VM {
		check.Skip(record.Say("it is done in a virtual machine of ours alone, and not on a machine that others use", "仅在本项目启动的虚拟机中进行，不在他人使用的机器上进行"))
	}
	may := check.Processors()
	if len(may) < 2 || runtime.NumCPU() < 2 {
		check.Skip(record.Say("there is only one processor", "只有一个处理器"))
	}
	last := slices.Max(may)
	file := filepath.Join("/sys/devices/system/cpu", "cpu"+strconv.Itoa(last), "online")
	if err := os.WriteFile(file, []byte("0"), 0); err != nil {
		check.Skip(record.Sayf("this machine takes no processor offline: %v", "本机不能使处理器离线：%v", err))
	}
	online := func() { _ = os.WriteFile(file, []byte("1"), 0) } // it is online already when called again
	DeferCleanup(online)
	return online
}
