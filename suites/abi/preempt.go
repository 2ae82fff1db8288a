package abi

import (
	"math"
	"runtime"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// preemptions returns how often a computation is interrupted. On one processor each interruption takes a time slice of 10 ms.
func preemptions() int {
	if runtime.GOMAXPROCS(0) == 1 {
		return 100
	}
	return 10_000
}

func preempted() {
	// To stop the world, Go interrupts a loop without calls by a signal (SIGURG). The kernel saves every register in the
	// signal's frame and restores it; in LoongArch's old world the frame has another layout.
	It("registers hold their values over asynchronous preemptions", func() {
		seen := check.Gather("computations in registers over preemptions, and wrong results", func() registersSeen {
			check.NeedsPreemption()
			return preempting()
		})
		Expect(seen.runs).To(BeNumerically(">", 0), "computations beside the stops")
		Expect(seen.wrong).To(BeEmpty(), "want %v", seen.want)
	})
}

// registersSeen is how often inRegisters ran while the world was stopped again and again, what it has to return, and what
// else it returned first.
type registersSeen struct {
	runs  int
	want  registerSums
	wrong []registerSums
}

func preempting() registersSeen {
	want := inRegisters()
	var done atomic.Bool
	wrong := make(chan registerSums, 1)
	finished := make(chan int)
	go func() {
		runs := 0
		for ; !done.Load(); runs++ {
			if got := inRegisters(); got != want {
				select {
				case wrong <- got:
				default:
				}
			}
		}
		finished <- runs
	}()
	var memory runtime.MemStats
	// On a busy machine, stopping the world takes as long as the loop's thread waits for a processor.
	for stops, end := 0, time.Now().Add(check.EventuallyTimeout()/2); stops < preemptions() && time.Now().Before(end); stops++ {
		runtime.ReadMemStats(&memory) // stops the world
		if runtime.GOMAXPROCS(0) == 1 {
			runtime.Gosched()
		}
	}
	done.Store(true)
	seen := registersSeen{runs: <-finished, want: want}
	if len(wrong) > 0 {
		seen.wrong = append(seen.wrong, <-wrong)
	}
	return seen
}

// registerSums is the result of inRegisters, floats as their bits.
type registerSums [8]uint64

// inRegisters computes in a loop without calls that keeps four integers and four floats in registers.
//
//go:noinline
func inRegisters() registerSums {
	var a, b, c, d uint64 = 1, 2, 3, 4
	w, x, y, z := 1.0, 1.5, 2.0, 2.5
	for i := uint64(0); i < 200_000; i++ {
		a, b, c, d = b^i, c+a, d^(b>>3), a+c
		w, x, y, z = x*0.5+1, y*0.25+w*0.125, z*0.5+0.75, w*0.0625+y*0.5
	}
	return registerSums{a, b, c, d, math.Float64bits(w), math.Float64bits(x), math.Float64bits(y), math.Float64bits(z)}
}
