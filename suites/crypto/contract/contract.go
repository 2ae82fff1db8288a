// Package contract has checks for what Go documents about hash.Hash, cipher.Block, cipher.BlockMode, cipher.Stream and
// cipher.AEAD. They work for any implementation, as the standard library's internal package cryptotest does.
package contract

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Clause is one documented property. Check returns an error if the implementation does not have it.
type Clause[T any] struct {
	Name     string // as in finding ids: "sum-appends"
	Text     string // what is promised
	Severity record.Severity
	Check    func(T) error
}

// guarded is a buffer between bytes that must not change.
type guarded struct {
	memory []byte
	margin int
	size   int
}

const margin = 64

// newGuarded returns a buffer of n bytes with known bytes around it. Its capacity includes bytes behind it, as that of a slice of a
// larger message does.
func newGuarded(content []byte) *guarded {
	g := &guarded{memory: bytes.Repeat([]byte{0xa5}, len(content)+2*margin), margin: margin, size: len(content)}
	copy(g.bytes(), content)
	return g
}

func (g *guarded) bytes() []byte { return g.memory[g.margin : g.margin+g.size] }

// intact returns an error if something was written outside the buffer.
func (g *guarded) intact() error {
	for i, b := range g.memory {
		if (i < g.margin || i >= g.margin+g.size) && b != 0xa5 {
			return fmt.Errorf("byte %d beyond the buffer's %d was overwritten with %#02x", i-g.margin-g.size, g.size, b)
		}
	}
	return nil
}

// panics reports whether call panics.
func panics(call func()) (did bool) {
	defer func() { did = recover() != nil }()
	call()
	return
}

// pattern returns n bytes of which neighbours differ.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func same(what string, got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	return fmt.Errorf("%s: %.96x instead of %.96x", what, got, want)
}

var errSilent = errors.New("neither panicked nor refused")

// parallel sets GOMAXPROCS to the number of processors until undo is called: the suite may run on one.
func parallel() (undo func()) {
	before := runtime.GOMAXPROCS(runtime.NumCPU())
	return func() { runtime.GOMAXPROCS(before) }
}

// together lets four goroutines use the same object until one gets a wrong result or 200 ms have passed, twenty time slices of a
// goroutine on a single processor. prepare is called before, by one goroutine. Under the race detector it is not supported: the
// detector would end the whole test.
func together(prepare func(goroutine int) (right func() bool)) error {
	if raceDetector {
		return ErrUnsupported
	}
	work := make([]func() bool, 4)
	for g := range work {
		work[g] = prepare(g)
	}
	defer parallel()()
	var wrong, done atomic.Int64
	var all sync.WaitGroup
	end := time.Now().Add(200 * time.Millisecond)
	for _, right := range work {
		all.Go(func() {
			for wrong.Load() == 0 && time.Now().Before(end) {
				for range 64 {
					if !right() {
						wrong.Add(1)
					}
				}
				done.Add(64)
			}
		})
	}
	all.Wait()
	if wrong.Load() > 0 {
		return fmt.Errorf("of some %d results of four goroutines %d were wrong", done.Load(), wrong.Load())
	}
	return nil
}
