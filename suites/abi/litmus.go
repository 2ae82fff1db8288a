package abi

import (
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// access is how the threads of a litmus test load and store: with sync/atomic, or without.
type access struct {
	load  func(from *uint32) uint32
	store func(to *uint32, value uint32)
}

// The compiler moves no access over a call of a function that it does not inline, so that the order of the accesses is the
// processor's.
var (
	atomicAccess = access{atomic.LoadUint32, atomic.StoreUint32}
	plainAccess  = access{plainLoad, plainStore}
)

//go:norace
//go:noinline
func plainLoad(from *uint32) uint32 { return *from }

//go:norace
//go:noinline
func plainStore(to *uint32, value uint32) { *to = value }

// outcome is what one try of a litmus test ended with: what each thread loaded, and the last values of the two variables.
type outcome struct {
	loaded [4][2]uint32
	x, y   uint32
}

// A thread is the part of a litmus test that one thread runs once in each try. It returns what it loaded.
type thread func(m access, x, y *uint32) [2]uint32

// litmus is a test of the memory model: some threads that access two variables, both 0 before, and an outcome that is
// forbidden if all accesses have one order.
type litmus struct {
	name, says string
	threads    []thread
	forbidden  func(o outcome) bool
	plain      []string // the architectures that forbid it without atomics, too
}

func writeXY(m access, x, y *uint32) (r [2]uint32) { m.store(x, 1); m.store(y, 1); return r }

func writeX(m access, x, _ *uint32) (r [2]uint32) { m.store(x, 1); return r }

func readYX(m access, x, y *uint32) (r [2]uint32) { r[0] = m.load(y); r[1] = m.load(x); return r }

// swapped is a thread with the two variables in each other's place.
func swapped(t thread) thread {
	return func(m access, x, y *uint32) [2]uint32 { return t(m, y, x) }
}

// litmusTests are those of Maranget, Sarkar and Sewell, "A Tutorial Introduction to the ARM and POWER Relaxed Memory Models",
// by the names there. x86 forbids without fences what its total store order does not allow: SB and R are allowed.
func litmusTests() []litmus {
	writeRead := func(m access, x, y *uint32) (r [2]uint32) { m.store(x, 1); r[0] = m.load(y); return r }
	readWrite := func(m access, x, y *uint32) (r [2]uint32) { r[0] = m.load(x); m.store(y, 1); return r }
	write12 := func(m access, x, y *uint32) (r [2]uint32) { m.store(x, 1); m.store(y, 2); return r }
	write2 := func(m access, x, _ *uint32) (r [2]uint32) { m.store(x, 2); return r }
	tso, coherent := []string{"amd64"}, []string{"amd64", "arm64"}
	return []litmus{
		{"MP", "a message is complete when its flag is seen", []thread{writeXY, readYX},
			func(o outcome) bool { return o.loaded[1] == [2]uint32{1, 0} }, tso},
		{"SB", "one of two stores is seen by the other's load", []thread{writeRead, swapped(writeRead)},
			func(o outcome) bool { return o.loaded[0][0] == 0 && o.loaded[1][0] == 0 }, nil},
		{"LB", "two loads do not both see stores that come after the other", []thread{readWrite, swapped(readWrite)},
			func(o outcome) bool { return o.loaded[0][0] == 1 && o.loaded[1][0] == 1 }, tso},
		{"IRIW", "two readers see two stores in one order", []thread{writeX, swapped(writeX), readYX, swapped(readYX)},
			func(o outcome) bool { return o.loaded[2] == [2]uint32{1, 0} && o.loaded[3] == [2]uint32{1, 0} }, tso},
		{"CoRR", "a second load of a variable does not see an older value", []thread{writeX,
			func(m access, x, _ *uint32) (r [2]uint32) { r[0] = m.load(x); r[1] = m.load(x); return r }},
			func(o outcome) bool { return o.loaded[1] == [2]uint32{1, 0} }, coherent},
		{"WRC", "what a thread has seen is seen by those that see its store", []thread{writeX, readWrite, readYX},
			func(o outcome) bool { return o.loaded[1][0] == 1 && o.loaded[2] == [2]uint32{1, 0} }, tso},
		{"2+2W", "two threads' stores to two variables have one order", []thread{write12, swapped(write12)},
			func(o outcome) bool { return o.x == 1 && o.y == 1 }, tso},
		{"R", "a store is not overtaken by a load behind the store that overwrote it", []thread{writeXY,
			func(m access, x, y *uint32) (r [2]uint32) { m.store(y, 2); r[0] = m.load(x); return r }},
			func(o outcome) bool { return o.y == 2 && o.loaded[1][0] == 0 }, nil},
		{"S", "a store does not overtake the load before it", []thread{
			func(m access, x, y *uint32) (r [2]uint32) { m.store(x, 2); m.store(y, 1); return r },
			func(m access, x, y *uint32) (r [2]uint32) { r[0] = m.load(y); m.store(x, 1); return r }},
			func(o outcome) bool { return o.loaded[1][0] == 1 && o.x == 2 }, tso},
		{"CoWR", "a load behind a store does not see what the store overwrote", []thread{
			func(m access, x, _ *uint32) (r [2]uint32) { m.store(x, 1); r[0] = m.load(x); return r }, write2},
			func(o outcome) bool { return o.loaded[0][0] == 2 && o.x == 1 }, coherent},
		{"CoRW", "a store behind a load stays behind the store that was loaded", []thread{
			func(m access, x, _ *uint32) (r [2]uint32) { r[0] = m.load(x); m.store(x, 1); return r }, write2},
			func(o outcome) bool { return o.loaded[0][0] == 2 && o.x == 2 }, coherent},
	}
}

// sightings is how often a litmus test was tried, and how often its forbidden outcome was seen.
type sightings struct{ Tries, Seen int }

const (
	triesAtOnce = 2048 // in one start of the threads
	mostTries   = 1_000_000
)

// variables are those of one try, each in cache lines of its own.
type variables struct {
	x uint32
	_ [124]byte
	y uint32
	_ [124]byte
}

// paddedCount is a counter in a cache line of its own.
type paddedCount struct {
	atomic.Int64
	_ [120]byte
}

// meet returns when all threads have come to the try, so that they make its accesses at the same time.
func meet(at []paddedCount, t int, try int64) {
	spins := 1000
	if len(at) > runtime.GOMAXPROCS(0) {
		spins = 50
	}
	at[t].Store(try + 1)
	for other := range at {
		for i := 0; at[other].Load() <= try; i++ {
			if i > spins {
				runtime.Gosched()
			}
		}
	}
}

// try runs the test until it has been tried as often as asked, or enough says so.
func (l litmus) try(m access, tries int, enough func(sightings) bool) (s sightings) {
	all := make([]variables, triesAtOnce)
	loaded := make([][][2]uint32, len(l.threads))
	for t := range loaded {
		loaded[t] = make([][2]uint32, triesAtOnce)
	}
	for s.Tries < tries && !enough(s) {
		clear(all)
		at := make([]paddedCount, len(l.threads))
		together(len(l.threads), func(t int) {
			body, into := l.threads[t], loaded[t]
			for i := range all {
				meet(at, t, int64(i))
				into[i] = body(m, &all[i].x, &all[i].y)
			}
		})
		for i := range all {
			o := outcome{x: all[i].x, y: all[i].y}
			for t := range loaded {
				o.loaded[t] = loaded[t][i]
			}
			if l.forbidden(o) {
				s.Seen++
			}
		}
		s.Tries += triesAtOnce
	}
	return s
}

// briefly ends a litmus test after a small part of a second: on a busy machine the threads wait long for each other.
func briefly() func(sightings) bool {
	end := time.Now().Add(check.ScaledTimeout(40 * time.Millisecond))
	return func(sightings) bool { return time.Now().After(end) }
}

func needsProcessors() {
	GinkgoHelper()
	if runtime.GOMAXPROCS(0) == 1 {
		check.Skip(record.Say("on one processor no two threads access memory at the same time", "单处理器上不会有两个线程同时访问内存"))
	}
}

// reported skips the spec where an emulator executes the accesses.
func reported() {
	GinkgoHelper()
	if !check.Native() {
		check.Skip(record.Say("an emulator may reorder accesses that the chip does not: seen outcomes are reported and not judged",
			"模拟器可能重排硬件不会重排的访问：仅报告观测结果，不作判断"))
	}
}

// seen returns how often a test has seen its outcome with accesses of one kind, which it observes too. Only on the machine itself are
// they judged: the spec is skipped elsewhere. why says why what was observed differs.
func (l litmus) seen(kind string, m access, why record.Sentence) sightings {
	GinkgoHelper()
	what := "litmus test " + l.name + " " + kind + " sync/atomic"
	return check.Gather(what, func() sightings {
		needsProcessors()
		s := l.try(m, check.IfNative(20_000, triesAtOnce), briefly())
		check.ObserveDiffers(what, s, why)
		reported()
		return s
	})
}

func litmuses() {
	for _, l := range litmusTests() {
		It(l.name+" with sync/atomic: "+l.says, func() {
			seen := l.seen("with", atomicAccess, record.Say("an emulator may reorder what the chip does not", "模拟器可能重排硬件不会重排的访问"))
			Expect(seen.Seen).To(BeZero(), "of %d tries", seen.Tries)
		})
		It(l.name+" without sync/atomic: is seen on chips that allow it only", func() {
			seen := l.seen("without", plainAccess, record.Say("how often depends on the chip and on chance", "出现次数取决于芯片和偶然因素"))
			if slices.Contains(l.plain, runtime.GOARCH) {
				Expect(seen.Seen).To(BeZero(), "of %d tries", seen.Tries)
			}
		})
	}
	for _, l := range litmusTests() {
		It(l.name+" with sync/atomic, 10,000,000 times", check.Deep(), check.Within(5*time.Minute), func() {
			seen := check.Gather("litmus test "+l.name+", 10,000,000 times", func() sightings {
				needsProcessors()
				reported()
				return l.try(atomicAccess, 10_000_000, func(sightings) bool { return false })
			})
			Expect(seen.Seen).To(BeZero(), "of %d tries", seen.Tries)
		})
	}
	// Without it, that the others never see their outcomes would not mean much.
	It("SB without sync/atomic is seen on amd64 within 1,000,000 tries", func() {
		seen := check.Gather("litmus test SB, until it is seen without sync/atomic", func() sightings {
			if runtime.GOARCH != "amd64" {
				check.Skip(record.Sayf("%s allows it, and does not have to show it", "%s 允许该结果，但不一定会出现", runtime.GOARCH))
			}
			needsProcessors()
			reported()
			return untilSeen()
		})
		Expect(seen.Seen).To(BeNumerically(">", 0), fmt.Sprintf("of %d tries", seen.Tries))
	})
}

// untilSeen tries SB without atomics until it is seen. On a machine that is too busy for it, the spec ends as an error.
func untilSeen() (seen sightings) {
	GinkgoHelper()
	storeBuffer := litmusTests()[1]
	end := time.Now().Add(check.EventuallyTimeout())
	check.Eventually(func() bool {
		more := storeBuffer.try(plainAccess, mostTries-seen.Tries, func(s sightings) bool { return s.Seen > 0 || time.Now().After(end) })
		seen.Tries, seen.Seen = seen.Tries+more.Tries, seen.Seen+more.Seen
		return seen.Seen > 0 || seen.Tries >= mostTries
	}).Should(BeTrue())
	check.ObserveDiffers("tries until SB was seen without sync/atomic", seen.Tries, record.Say("it is a matter of chance", "取决于偶然因素"))
	return seen
}
