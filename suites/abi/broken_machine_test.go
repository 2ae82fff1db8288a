package abi

import (
	"fmt"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// addMachine adds the broken facts of numbers, memory routines, clocks, stacks and threads.
func addMachine(all check.BrokenFacts) {
	add := func(id, fact string, values ...any) {
		for _, v := range values {
			all[id] = append(all[id], check.Facts{fact: v})
		}
	}
	for _, c := range calculations() {
		add("number / "+c.name+" are bit for bit the same on all chips", "digest of "+c.name, "0123456789abcdef")
	}
	add("number / hashes of maphash agree for one seed, and differ for another", "hashes of maphash with one seed", []uint64{1, 2})
	add("number / hashes of maphash agree for one seed, and differ for another", "hash of maphash with another seed", uint64(0))
	add("number / orders of a map's keys are not always the same", "keys that came first", 1)
	for _, r := range routines() {
		add("memory routine / "+r.name+" is right for each size and alignment", "where "+r.name+" is wrong", "1 bytes at offset 0")
	}
	for _, c := range steadyClocks {
		add("clock / named "+c.name+" never steps back", "steps back of "+c.name, 1)
	}
	add("clock / since the start of the machine is not behind the one without sleep", "CLOCK_BOOTTIME less an earlier CLOCK_MONOTONIC", int64(-1))
	add("clock / that is coarse is not ahead of the fine one", "CLOCK_MONOTONIC less an earlier CLOCK_MONOTONIC_COARSE", int64(-1))
	add("counter / never steps back", "steps back of the counter", 1)
	add("counter / never steps back between processors", "steps back of the counter between processors", int64(1))
	add("counter / runs at one frequency", "two frequencies of the counter, in Hz", [2]float64{2e9, 3e9}, [2]float64{2e9, 1e9})
	add("cache line / is no longer than Go's padding", "bytes of a cache line", 256, 0)
	aux := func(text string, key int, values ...any) {
		add("started program / "+text, fmt.Sprintf("auxiliary vector's value %d", key), values...)
	}
	aux("has program headers of 56 bytes", atHeaderSize, uintptr(32))
	aux("has as many program headers as its file", atHeaders, uintptr(99))
	aux("starts where its file says", atEntry, uintptr(1))
	aux("has the user of the process", atUser, uintptr(12345))
	aux("has the group of the process", atGroup, uintptr(12345))
	aux("is secure only if user and effective user differ", atSecure, uintptr(1))

	add("stack / keeps pointers into it over its growth", "depth that pointers into the stack counted, less its own", -1)
	add("stack / keeps wide frames over its growth", "wide frames that changed", 1)
	add("stack / keeps floats in registers over its growth", "floats after calls of calls", [8]float64{1, 2, 3, 4, 5, 6, 7, 0})
	add("stack / runs each deferred function when a deep call panics", "deferred functions that did not run", 1)
	add("stack / shrinks in a garbage collection, and keeps what is on it", "values that changed while the stack shrank", 1)
	add("stack / grows in many goroutines at the same time", "goroutines whose growing stack changed a value", 1)
	add("thread / stays the same for a locked goroutine", "threads of a locked goroutine", 2)
	add("thread / differs for two locked goroutines", "threads of two locked goroutines", [2]int{7, 7})
	add("thread / ends with a goroutine that ends locked", "a look at the thread of a goroutine that ended locked", func() bool { return true })
	add("thread / may start processes while others collect garbage", "answers to starts of what does not exist", map[string]int{"started": 30})
}
