package workload

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"sync"
	"sync/atomic"
	"weak"
)

// node is a binary tree: nothing but pointers.
type node struct{ left, right *node }

func grow(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{grow(depth - 1), grow(depth - 1)}
}

func (t *node) count() int {
	if t == nil {
		return 0
	}
	return 1 + t.left.count() + t.right.count()
}

const (
	treeDepth    = 19 // 2^20-1 nodes of 16 bytes
	passingDepth = 9
)

type trees struct{ live *node }

func startTrees() program { return &trees{grow(treeDepth)} }

func (t *trees) operation(int, int) int { return 1<<(passingDepth+1) - 1 - grow(passingDepth).count() }
func (t *trees) stop() int              { return 1<<(treeDepth+1) - 1 - t.live.count() }

// buffers are blocks without pointers, in a ring of which an operation replaces one.
type buffers struct{ ring [64]atomic.Pointer[[]byte] }

func startBuffers() program {
	b := &buffers{}
	for i := range b.ring {
		b.ring[i].Store(newBuffer(i))
	}
	return b
}

// newBuffer makes a buffer of 64 KiB to 1 MiB, and writes to each of its pages.
func newBuffer(i int) *[]byte {
	b := make([]byte, 64<<10<<(i%5))
	for at := 0; at < len(b); at += 4096 {
		b[at] = byte(i)
	}
	return &b
}

func (b *buffers) operation(worker, n int) int {
	at := (n*7 + worker) % len(b.ring)
	return wrongBytes(*b.ring[at].Swap(newBuffer(at)), at)
}

func wrongBytes(b []byte, i int) (wrong int) {
	for at := 0; at < len(b); at += 4096 {
		if b[at] != byte(i) {
			wrong++
		}
	}
	return wrong
}

func (b *buffers) stop() (lost int) {
	for i := range b.ring {
		lost += wrongBytes(*b.ring[i].Load(), i)
	}
	return lost
}

// goroutines serve requests that reach them through channels, each with a deep stack that the collector has to scan.
type goroutines struct {
	in    []chan call
	ended sync.WaitGroup
}

type call struct {
	n      int
	answer chan int
}

const (
	goroutineCount = 4000
	stackDepth     = 24
)

func startGoroutines() program {
	g := &goroutines{in: make([]chan call, goroutineCount)}
	for i := range g.in {
		g.in[i] = make(chan call)
		g.ended.Go(func() { serveDeep(g.in[i], stackDepth, &i) })
	}
	return g
}

// serveDeep serves calls from a stack of depth frames, with a pointer to the caller's frame in each.
func serveDeep(in chan call, depth int, above *int) (sum int) {
	here := *above
	if depth > 0 {
		return serveDeep(in, depth-1, &here) + here
	}
	for c := range in {
		fields, sum := decode(c.n, 40), 0
		for f := fields; f != nil; f = f.next {
			sum += f.value
		}
		c.answer <- sum
	}
	return here
}

func (g *goroutines) operation(worker, n int) int {
	c := call{n, make(chan int, 1)}
	g.in[(n*13+worker*503)%goroutineCount] <- c
	return <-c.answer - 40*39/2
}

func (g *goroutines) stop() int {
	for _, in := range g.in {
		close(in)
	}
	g.ended.Wait()
	return 0
}

// finalizers are objects with a clean-up each, and weak pointers to them.
type finalizers struct {
	kept    [4096]atomic.Pointer[finalized]
	made    atomic.Int64
	cleaned atomic.Int64
}

type finalized struct {
	value int
	_     [120]byte // its content
}

func startFinalizers() program {
	f := &finalizers{}
	for i := range f.kept {
		f.kept[i].Store(f.object(i))
	}
	return f
}

func (f *finalizers) object(value int) *finalized {
	o := &finalized{value: value}
	f.made.Add(1)
	runtime.AddCleanup(o, func(n *atomic.Int64) { n.Add(1) }, &f.cleaned)
	return o
}

func (f *finalizers) operation(worker, n int) int {
	at := (n*17 + worker*331) % len(f.kept)
	w := weak.Make(f.kept[at].Load())
	old := f.kept[at].Swap(f.object(at))
	decode(n, 40)
	seen := w.Value()
	runtime.KeepAlive(old)
	if seen == nil && old != nil && f.kept[at].Load() == old || seen != nil && seen.value != at {
		return 1
	}
	return 0
}

func (f *finalizers) stop() (lost int) {
	for i := range f.kept {
		if o := f.kept[i].Load(); o == nil || o.value != i {
			lost++
		}
	}
	if f.cleaned.Load() > f.made.Load()-int64(len(f.kept)) {
		lost++ // an object was cleaned up after while it was in use
	}
	return lost
}

// compute hashes blocks: a garbage collection costs it nearly nothing, as there is nearly no garbage.
type compute struct{ block [64 << 10]byte }

func startCompute() program { return &compute{} }

func (c *compute) operation(worker, n int) int {
	answer := make([]byte, 0, 384) // the garbage: enough that cycles run, and little enough that they cost nothing
	sum := sha256.Sum256(c.block[:])
	answer = binary.LittleEndian.AppendUint64(append(answer, sum[:]...), uint64(n+worker))
	if keep := len(answer); keep != 40 {
		return 1
	}
	sink.Store(&answer)
	return 0
}

// sink keeps an answer on the heap.
var sink atomic.Pointer[[]byte]

func (c *compute) stop() int { return 0 }
