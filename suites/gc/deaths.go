package gc

import (
	"context"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// death is how a process in a control group came to its end, as far as others can see.
type death struct {
	Signal int    // that ended it
	Status int    // with which it ended by itself; -1 if a signal did
	Kills  int    // processes of the group that the kernel has killed for want of memory
	Said   string // on standard error
}

// Causes of death.
const (
	byKernel  = "the kernel: the group had no more memory"
	byOthers  = "a signal of another process"
	byRuntime = "the Go runtime: the system gave no more memory"
	byItself  = "the program itself"
)

// cause tells them apart. The kernel's kill looks like everybody's: nothing is said, and the signal is the same. Only the group's
// count shows it: oom_kill in memory.oom_control (version 1) or memory.events (version 2).
func (d death) cause() string {
	switch {
	case d.Signal == int(syscall.SIGKILL) && d.Kills > 0:
		return byKernel
	case d.Signal != 0:
		return byOthers
	case d.Status == 2 && (strings.Contains(d.Said, "out of memory") || strings.Contains(d.Said, "cannot allocate memory")):
		return byRuntime
	}
	return byItself
}

// deaths registers that the causes of a process's end can be told apart, in both versions of control groups.
func deaths() {
	for _, c := range []struct {
		text, fact, cause string
		of                func(context.Context) death
	}{
		{"death for want of memory in a control group is the kernel's by the group's count", "death of a process with more in use than its group may have", byKernel,
			func(ctx context.Context) death { return deathIn(ctx, "memory in use", 64<<20) }},
		{"death by SIGKILL of another process is not taken for one for want of memory", "death of a process that another one kills", byOthers, killed},
		{"death for want of address space is the runtime's by what it says", "death of a process whose address space is limited", byRuntime,
			func(ctx context.Context) death { return deathIn(ctx, "more than the address space has", 1<<30) }},
		{"end without a fault is no death", "end of a process with enough memory", byItself, func(ctx context.Context) death { return deathIn(ctx, "settings", 1<<30) }},
	} {
		It(c.text, func(ctx SpecContext) {
			d := check.Gather(c.fact, func() death { return c.of(ctx) })
			Expect(d.cause()).To(Equal(c.cause), "%+v", d)
		})
	}
}

// deathIn runs a spec in a control group that may have so much memory.
func deathIn(ctx context.Context, spec string, memory uint64) death {
	GinkgoHelper()
	g := rerun.NewGroup("memory")
	g.SetMemory(memory)
	r := inProcess(ctx, spec, rerun.Options{Group: g})
	return deathOf(r.State, r.Said, g)
}

func deathOf(state *os.ProcessState, said string, g *rerun.Group) death {
	d := death{Status: state.ExitCode(), Kills: min(int(g.Kills()), 1), Said: said}
	if status, is := state.Sys().(syscall.WaitStatus); is && status.Signaled() {
		d.Signal = int(status.Signal())
	}
	return d
}

// killed starts a process that waits, and kills it.
func killed(ctx context.Context) death {
	GinkgoHelper()
	g := rerun.NewGroup("memory")
	g.SetMemory(1 << 30)
	cmd := rerun.Start(ctx, rerun.Options{Item: "gc", Spec: "until it is killed", Group: g})
	check.Eventually(func() bool { return g.Peak() > 16<<20 || rerun.Used(cmd) > 0 }).Should(BeTrue()) // it runs
	check.NoError(cmd.Process.Kill())
	_ = cmd.Wait() // "signal: killed"
	return deathOf(cmd.ProcessState, "", g)
}

// waitForParent waits until the process that started this one is gone, or kills it.
func waitForParent() {
	for parent := os.Getppid(); os.Getppid() == parent; {
		time.Sleep(10 * time.Millisecond)
	}
}

// exceedAddressSpace forbids itself more address space than it has and 64 MiB, and takes more.
func exceedAddressSpace() {
	pages, _, _ := strings.Cut(check.KernelFile("/proc/self/statm"), " ")
	n, err := strconv.ParseUint(pages, 10, 64)
	check.NoError(err)
	most := n*uint64(os.Getpagesize()) + 64<<20
	check.NoError(unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: most, Max: most}))
	for range 64 {
		kept = append(kept, make([]byte, 256<<20))
	}
}
