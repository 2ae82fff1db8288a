package abi

import (
	"math"
	"math/rand/v2"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// constantDivision divides by a number that the compiler knows, for which it multiplies and shifts.
type constantDivision struct {
	divisor  int64
	unsigned func(n uint64) (quotient, remainder uint64)
	signed   func(n int64) (quotient, remainder int64)
}

var constantDivisions = []constantDivision{
	{3, func(n uint64) (uint64, uint64) { return n / 3, n % 3 }, func(n int64) (int64, int64) { return n / 3, n % 3 }},
	{7, func(n uint64) (uint64, uint64) { return n / 7, n % 7 }, func(n int64) (int64, int64) { return n / 7, n % 7 }},
	{8, func(n uint64) (uint64, uint64) { return n / 8, n % 8 }, func(n int64) (int64, int64) { return n / 8, n % 8 }},
	{10, func(n uint64) (uint64, uint64) { return n / 10, n % 10 }, func(n int64) (int64, int64) { return n / 10, n % 10 }},
	{641, func(n uint64) (uint64, uint64) { return n / 641, n % 641 }, func(n int64) (int64, int64) { return n / 641, n % 641 }},
	{1e9, func(n uint64) (uint64, uint64) { return n / 1e9, n % 1e9 }, func(n int64) (int64, int64) { return n / 1e9, n % 1e9 }},
	{math.MaxInt64, func(n uint64) (uint64, uint64) { return n / math.MaxInt64, n % math.MaxInt64 },
		func(n int64) (int64, int64) { return n / math.MaxInt64, n % math.MaxInt64 }},
}

//go:noinline
func quotient[T uint64 | int64 | uint32](n, by T) (T, T) { return n / by, n % by }

// wrongDivisions returns for how many numbers a division by the constant differs from one by the processor's own instruction.
func (c constantDivision) wrongDivisions() (wrong int) {
	r := rand.New(rand.NewPCG(2026, uint64(c.divisor)))
	for i := range 1000 {
		n := r.Uint64() >> (i % 64)
		switch i {
		case 0, 1, 2, 3:
			n = uint64(c.divisor) * uint64(i)
		case 4:
			n = math.MaxUint64
		case 5:
			n = 1 << 63
		}
		q, rest := c.unsigned(n)
		wantQ, wantRest := quotient(n, uint64(c.divisor))
		signedQ, signedRest := c.signed(int64(n))
		wantSignedQ, wantSignedRest := quotient(int64(n), c.divisor)
		wrong += count(q != wantQ || rest != wantRest || signedQ != wantSignedQ || signedRest != wantSignedRest)
	}
	return wrong
}

func divisions() {
	It("by a constant is what the processor's division gives", func() {
		Expect(check.Gather("divisions by constants that went wrong", func() map[int64]int {
			wrong := map[int64]int{}
			for _, c := range constantDivisions {
				if n := c.wrongDivisions(); n > 0 {
					wrong[c.divisor] = n
				}
			}
			return wrong
		})).To(BeEmpty())
	})
}

// divisionSpeeds registers how long divisions take, each of which needs the result of the one before: by a constant, and by variables of few
// and of many bits.
func divisionSpeeds() {
	chain := func(name string, next func(n uint64) uint64) {
		measured(name, 0, func() (func(), func()) {
			var n uint64 = math.MaxUint64
			return func() { n = next(n) }, func() { runtime.KeepAlive(n) }
		})
	}
	few, many, narrow := uint64(3), uint64(1<<62+1), uint32(7)
	chain("a division by a constant", func(n uint64) uint64 { return n/10 | 1<<63 })
	chain("a division of 64 bits by few bits", func(n uint64) uint64 { return n/few | 1<<63 })
	chain("a division of 64 bits by many bits", func(n uint64) uint64 { return n/many | 1<<63 })
	chain("a division of few bits by few bits", func(n uint64) uint64 { return n%1000/few | 1<<8 })
	chain("a division of 32 bits", func(n uint64) uint64 { return uint64(uint32(n)/narrow | 1<<31) })
}

// readRates registers how fast memory is read in a row, within each level of caches and beyond.
func readRates() {
	for _, kilobytes := range []int{16, 256, 4096, 65536} {
		measured("reading "+sizes[kilobytes]+" in a row", kilobytes<<10, func() (func(), func()) {
			words := make([]uint64, kilobytes<<7)
			for i := range words {
				words[i] = uint64(i)
			}
			var sum uint64
			return func() { sum += sumOf(words) }, func() { runtime.KeepAlive(sum) }
		})
	}
}

var sizes = map[int]string{16: "16 KiB", 256: "256 KiB", 4096: "4 MiB", 65536: "64 MiB"}

// sumOf adds in four chains, so that the additions do not wait for each other.
func sumOf(words []uint64) uint64 {
	var a, b, c, d uint64
	for ; len(words) >= 4; words = words[4:] {
		a, b, c, d = a+words[0], b+words[1], c+words[2], d+words[3]
	}
	return a + b + c + d
}
