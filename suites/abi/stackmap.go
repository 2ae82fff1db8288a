package abi

import (
	"runtime"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// stackMapSettings are settings of GODEBUG under which a pointer that a stack map does not have is noticed at once.
var stackMapSettings = []struct{ setting, says string }{
	{"gccheckmark=1", "a second marking with the world stopped finds what the first one missed"},
	{"clobberfree=1", "what is freed is overwritten"},
	{"gcstoptheworld=2", "the world stands still while memory is marked and swept"},
	{"gcshrinkstackoff=1", "stacks stay where they have grown"},
	{"adaptivestackstart=1", "stacks start as large as they were"},
	{"invalidptr=1", "a pointer into free memory ends the process"},
	{"efence=1", "each object is on a page of its own, which is not used again"},
}

// held is an object that only the stack of a function points to.
type held struct {
	number uint64
	within [6]uint64
	next   *held
}

// newHeld returns an object that points to another one.
func newHeld(n uint64) *held {
	return &held{number: n, within: [6]uint64{n, n + 1, n + 2, n + 3, n + 4, n + 5}, next: &held{number: ^n}}
}

// holdPointers has pointers in its frame: to an object, into one, to a part of a frame, in an interface and in a closure. It collects garbage at
// its deepest, and returns how many no longer lead to what they pointed to.
//
//go:noinline
func holdPointers(depth uint64) (wrong int) {
	object, inner := newHeld(depth), &newHeld(depth + 100).within[3]
	var boxed any = newHeld(depth + 200)
	var frame [4]uint64
	frame[2] = depth
	intoFrame, text := &frame[2], make([]byte, 0, 16)
	closed := newHeld(depth + 300)
	later := func() bool { return closed.number == depth+300 && closed.next.number == ^(depth+300) }
	if depth > 0 {
		wrong = holdPointers(depth - 1)
	} else {
		runtime.GC()
	}
	text = append(text, make([]byte, 40)...) // garbage
	wrong += count(object.number != depth || object.next.number != ^depth) + count(*inner != depth+103) + count(*intoFrame != depth) + count(!later()) + count(len(text) != 40)
	return wrong + count(boxed.(*held).number != depth+200)
}

// wrongPointers holds pointers in several goroutines, on stacks that grow, shrink and are interrupted, and returns how many went wrong.
func wrongPointers() int {
	var wrong atomic.Int64
	together(4, func(int) {
		for i := range check.IfNative[uint64](6, 2) {
			wrong.Add(int64(inNewStack(func() int { return holdPointers(20 + 40*i) })))
		}
	})
	return int(wrong.Load())
}

func stackMaps() {
	for _, s := range stackMapSettings {
		It("has each pointer with GODEBUG="+s.setting+": "+s.says, check.Within(2*time.Minute), func(ctx SpecContext) {
			Expect(check.Gather("pointers that went wrong with "+s.setting, func() int {
				return int(inProcess(ctx, "pointers", "GODEBUG="+s.setting).Done().Number("wrong"))
			})).To(BeZero())
		})
	}
}
