package sched

import (
	"context"
	"net"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// disturbance is something that other goroutines do while busy ones are to share the processors evenly.
type disturbance struct {
	name string
	run  func(stop <-chan struct{}, did *atomic.Int64) // until stop is closed; it counts what it does
}

func (d disturbance) text() string { return "beside " + d.name + " is even among busy goroutines" }
func (d disturbance) fact() string { return "spread of busy goroutines beside " + d.name }

var disturbances = []disturbance{
	{"locked threads", func(stop <-chan struct{}, did *atomic.Int64) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for !closed(stop) {
			did.Add(1)
			time.Sleep(time.Millisecond)
		}
	}},
	{"blocking system calls", func(stop <-chan struct{}, did *atomic.Int64) {
		for !closed(stop) {
			_ = unix.Nanosleep(&unix.Timespec{Nsec: int64(time.Millisecond)}, nil) // the runtime does not know that it waits
			did.Add(1)
		}
	}},
	{"timers", func(stop <-chan struct{}, did *atomic.Int64) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for !closed(stop) {
			<-tick.C
			did.Add(1)
		}
	}},
	{"the network poller", func(stop <-chan struct{}, did *atomic.Int64) {
		a, b := net.Pipe()
		if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
			defer l.Close()
			if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
				if s, err := l.Accept(); err == nil {
					a, b = c, s
				}
			}
		}
		defer a.Close()
		defer b.Close()
		one := make([]byte, 1)
		for !closed(stop) {
			if write(a, b, one) != nil {
				return
			}
			did.Add(1)
			time.Sleep(time.Millisecond)
		}
	}},
}

// write sends a byte from one end of a connection to the other.
func write(from, to net.Conn, one []byte) error {
	wrote := make(chan error, 1)
	go func() { _, err := from.Write(one); wrote <- err }()
	if _, err := to.Read(one); err != nil {
		return err
	}
	return <-wrote
}

// disturbed registers that busy goroutines share evenly beside others, within a mask and within a quota.
func disturbed() {
	for _, d := range disturbances {
		It(d.text(), check.Within(3*check.DefaultDeadline), func() {
			check.Eventually(func() bool { // what else the machine does may take turns from one of them
				s := check.Gather(d.fact(), func() spread { return spreadBeside(d) })
				even := jain(s.Turns) > 0.5 || !check.Native() // emulated processors take turns themselves
				return s.Beside > 0 && slices.Min(s.Turns) > 0 && even
			}).Should(BeTrue())
		})
	}
	It("within a mask of one processor is even, and stays there", check.Within(3*check.DefaultDeadline), func(ctx SpecContext) {
		check.Eventually(func() bool {
			is := check.Gather("processor of a mask, and spread of four goroutines there", func() masked {
				needsGetcpu()
				last := slices.Max(mayUse())
				return masked{last, spreadIn(ctx, rerun.Options{Processors: []int{last}})}
			})
			return len(is.Spread.Processors) == 1 && is.Spread.Processors[is.Processor] > 0 && slices.Min(is.Spread.Turns) > 0
		}).Should(BeTrue())
	})
	It("within a quota of half a processor leaves no goroutine out", check.Within(3*check.DefaultDeadline), func(ctx SpecContext) {
		check.Eventually(func() int64 {
			s := check.Gather("spread of four goroutines under half a processor", func() spread {
				g := rerun.NewGroup("cpu")
				g.SetQuota(0.5)
				return spreadIn(ctx, rerun.Options{Group: g})
			})
			return slices.Min(append(s.Turns, 1<<62)) * min(int64(len(s.Turns)), 1)
		}).Should(BeNumerically(">", 0))
	})
}

// masked is a spread within a mask of one processor.
type masked struct {
	Processor int
	Spread    spread
}

// spreadIn has another process keep four goroutines busy.
func spreadIn(ctx context.Context, o rerun.Options) (s spread) {
	GinkgoHelper()
	inProcess(ctx, "spread of four", o).Value("spread", &s)
	return s
}

// spreadBeside is the spread of two busy goroutines for each processor beside two for each that disturb them.
func spreadBeside(d disturbance) spread {
	GinkgoHelper()
	stop := make(chan struct{})
	var did atomic.Int64
	var others sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		others.Go(func() { d.run(stop, &did) })
	}
	n := 2 * runtime.GOMAXPROCS(0)
	s := spreadOf(n, time.Duration(n)*60*time.Millisecond)
	close(stop)
	others.Wait()
	s.Beside = did.Load()
	return s
}
