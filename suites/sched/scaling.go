package sched

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// scaled is how much a number of processors did.
type scaled struct {
	Processors int
	Rate       float64 // pieces of work a second
}

// scaling does the same work with 1, 2, 4, … and all processors. A piece of work is some computing, and a part under a lock.
func scaling() (points []scaled) {
	all := runtime.GOMAXPROCS(0)
	for n := 1; ; n = min(2*n, all) {
		points = append(points, scaled{n, rateWith(n)})
		if n == all {
			return points
		}
	}
}

// rateWith returns how many pieces of work n processors do in a second.
func rateWith(n int) float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
	var mu sync.Mutex
	var done atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	end := began.Add(check.IfNative(400*time.Millisecond, 10*time.Millisecond))
	shared := 0
	for range n {
		all.Go(func() {
			for mine := 0.0; time.Now().Before(end); done.Add(1) {
				for i := range 2000 {
					mine += math.Sqrt(float64(i) + mine)
				}
				mu.Lock()
				for i := range 40 {
					shared += i
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(began).Seconds()
}

// serialShare fits Amdahl's law to the points by least squares: speed-up(n) = 1/(s + (1-s)/n), of which s is the serial share. It
// returns false if there is only one point.
func serialShare(points []scaled) (share float64, known bool) {
	if len(points) < 2 || points[0].Rate <= 0 {
		return 0, false
	}
	// 1/speed-up - 1/n = s·(1 - 1/n), a line through the origin.
	var xy, xx float64
	for _, p := range points[1:] {
		x := 1 - 1/float64(p.Processors)
		xy += x * (points[0].Rate/p.Rate - 1/float64(p.Processors))
		xx += x * x
	}
	return min(max(xy/xx, 0), 1), true
}

// scalingCurve registers the curve, with the serial share that fits it.
func scalingCurve() {
	It("scaling", func() {
		points := check.Gather("work done by processors", scaling)
		share, known := serialShare(points)
		Expect(points).NotTo(BeEmpty())
		Expect(share).To(And(BeNumerically(">=", 0), BeNumerically("<=", 1)))
		for _, p := range points {
			Expect(p.Rate).To(BeNumerically(">", 0))
			check.Sample(record.Sample{Name: fmt.Sprintf("scaling/processors=%d", p.Processors), Value: p.Rate, Unit: "ops/s", Better: record.Higher, N: 1})
		}
		if known {
			check.Sample(record.Sample{Name: "scaling/serial-share", Value: 100 * share, Unit: "%", Better: record.Lower, N: len(points)})
		}
	})
}
