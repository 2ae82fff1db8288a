package sched

import (
	"slices"
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// operation is one thing that is measured: run does it n times.
type operation struct {
	name string
	run  func(b *testing.B)
}

// operations registers the measurements of what goroutines do: each is a benchmark of its own.
func operations() {
	for _, o := range slices.Concat(spawning(), channelling(), selecting(), locking(), timing(), waiting()) {
		It(o.name, func() { check.Benchmark(o.name, o.run) })
	}
	scalingCurve()
}

// loop is a benchmark of a call.
func loop(f func()) func(*testing.B) {
	return func(b *testing.B) {
		check.BeforeLoop(b)
		for b.Loop() {
			f()
		}
		check.AfterLoop(b)
	}
}
