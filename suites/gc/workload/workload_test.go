package workload

import (
	"testing"
	"time"
)

// Every workload runs, counts what it did, and finds nothing lost.
func TestWorkloads(t *testing.T) {
	for _, w := range All {
		cost := w.Run(5 * time.Millisecond)
		if cost.Operations == 0 || cost.Used <= 0 || cost.Lost != 0 || cost.Latency.Quantile(0.99) <= 0 || cost.Allocated == 0 {
			t.Errorf("%s: %d operations in %v of CPU time, p99 %v, %d lost, %d bytes", w.Name, cost.Operations, cost.Used,
				cost.Latency.Quantile(0.99), cost.Lost, cost.Allocated)
		}
		if found, is := Find(w.Name); !is || found.What.In("zh") == w.What.En {
			t.Errorf("%s is not found, or has no Chinese", w.Name)
		}
	}
	if _, is := Find("none"); is || len(Names()) != len(All) {
		t.Error("a workload that does not exist")
	}
}

// What a workload must hold and does not is counted.
func TestLostIsCounted(t *testing.T) {
	r := newRequests()
	r.shards[5].sessions[5].events = r.shards[5].sessions[5].events.next
	delete(r.shards[6].sessions, 6)
	if got := r.stop(); got != 2 {
		t.Errorf("requests: %d lost", got)
	}
	c := startHeap().(*cache)
	c.lists[3].Load().after.after = nil
	if got := c.stop(); got != heapEntries/heapLists-2 {
		t.Errorf("heap: %d lost", got)
	}
	tree := startTrees().(*trees)
	tree.live.left.left = nil
	if got := tree.stop(); got != 1<<(treeDepth-1)-1 {
		t.Errorf("tree: %d lost", got)
	}
	b := startBuffers().(*buffers)
	(*b.ring[1].Load())[4096] = 9
	if got := b.stop(); got != 1 {
		t.Errorf("buffers: %d wrong", got)
	}
	f := startFinalizers().(*finalizers)
	f.cleaned.Add(1)
	f.kept[9].Load().value = 1
	if got := f.stop(); got != 2 {
		t.Errorf("finalizers: %d lost", got)
	}
	m := startMapped().(*requests)
	m.mapped[4096] = 0
	if got := m.stop(); got != 1 {
		t.Errorf("mmap: %d changed", got)
	}
}

// A quantile is never below the value, and at most 1/32 above it.
func TestLatencies(t *testing.T) {
	var l Latencies
	for d := range 100000 {
		l.add(time.Duration(d) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 49999 * time.Microsecond, 0.99: 98999 * time.Microsecond, 1: 99999 * time.Microsecond} {
		if got := l.Quantile(q); got < want || got > want+want/32 {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
	for _, v := range []uint64{0, 1, 31, 32, 33, 63, 64, 1000, 1 << 40, 1<<63 - 1} {
		if b := bucket(v); upper(b) < v || b > 0 && upper(b-1) >= v {
			t.Errorf("%d is in the bucket %d, up to %d", v, b, upper(b))
		}
	}
	var none Latencies
	if none.Quantile(0.5) != 0 {
		t.Error("a quantile of nothing")
	}
}
