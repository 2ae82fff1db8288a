package gc

import (
	"runtime"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/gc/meter"
)

func pressures() {
	It("pointers that goroutines exchange stay whole", func() {
		withPercent(5)
		type node struct {
			next  *node
			value int
		}
		var swaps sync.WaitGroup
		broken := make([]int, 4)
		for i := range broken {
			swaps.Go(func() {
				var head *node
				for n := range 20000 {
					head = &node{next: head, value: n}
					if n%100 == 99 { // turn the list round, so that old nodes come to point at new ones
						var back *node
						for head != nil {
							head, head.next, back = head.next, back, head
						}
						for want := n - 99; back != nil; back, want = back.next, want+1 {
							if back.value != want {
								broken[i]++
							}
						}
					}
				}
			})
		}
		swaps.Wait()
		Expect(check.Fact("broken lists", broken)).To(Equal([]int{0, 0, 0, 0}))
	})
	It("a map keeps its entries", func() {
		withPercent(5)
		entries := map[int]*[2]int{}
		for i := range 50000 {
			entries[i] = &[2]int{i, -i}
			delete(entries, i-10000)
		}
		entries = check.Fact("entries of the map", entries)
		Expect(entries).To(HaveLen(10000))
		for i := 40000; i < 50000; i++ {
			Expect(entries[i] != nil && *entries[i] == [2]int{i, -i}).To(BeTrue())
		}
	})
}

// stackPressures registers stacks, and collections from all sides.
func stackPressures() {
	It("stacks grow and move", func() {
		withPercent(5)
		var depths sync.WaitGroup
		sums := make([]int, 8)
		for i := range sums {
			depths.Go(func() { sums[i] = descend(3000, &i) - 3000*i })
		}
		depths.Wait()
		Expect(check.Fact("sums of the stacks", sums)).To(Equal(make([]int, 8)))
	})
	It("collections forced from all sides are as good as one", func() {
		var forcers sync.WaitGroup
		before := meter.Figure(meter.Cycles)
		for range 8 {
			forcers.Go(runtime.GC)
		}
		forcers.Wait()
		Expect(check.Fact("cycles forced from all sides", int64(meter.Figure(meter.Cycles)-before))).To(BeNumerically(">", 0))
		Expect(check.Gather("nodes lost after collections from all sides", usual().work)).To(BeZero())
	})
}

// descend calls itself depth times, with a pointer into the caller's frame in every frame, and allocates memory in every 500th.
func descend(depth int, above *int) int {
	here := *above
	if depth == 0 {
		return 0
	}
	if depth%500 == 0 {
		runtime.KeepAlive(make([]byte, 128<<10))
	}
	return here + descend(depth-1, &here)
}
