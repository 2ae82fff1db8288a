package toolchain

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"runtime"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// many has more parameters of each kind than the register ABI of any architecture has registers.
//
//go:noinline
func many(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r int64, s, t, u, v, w, x, y, z, aa, bb, cc, dd, ee, ff, gg, hh, ii, jj float64,
	pair struct{ N, M int8 }, text string, list ...uint16) (int64, float64, string) {
	ints := a + 2*b + 3*c + 4*d + 5*e + 6*f + 7*g + 8*h + 9*i + 10*j + 11*k + 12*l + 13*m + 14*n + 15*o + 16*p + 17*q + 18*r
	floats := s + 2*t + 3*u + 4*v + 5*w + 6*x + 7*y + 8*z + 9*aa + 10*bb + 11*cc + 12*dd + 13*ee + 14*ff + 15*gg + 16*hh + 17*ii + 18*jj
	return ints, floats, fmt.Sprint(pair.N, pair.M, text, list)
}

// The result of many for the arguments 1, 2, 3 … of both kinds: the sum of the squares up to 18.
const (
	manySum  = 18 * 19 * 37 / 6
	manyText = "-1 2seven[8 9]"
)

// wide is a result that is too large for registers.
type wide struct {
	words [9]uint64
	name  string
}

//go:noinline
func makeWide(seed uint64) (w wide, err error) {
	for i := range w.words {
		w.words[i] = seed + uint64(i)
	}
	w.name = fmt.Sprint(seed)
	return w, nil
}

// number is any integer type of Go.
type number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// wraps reports whether the largest value plus one is the smallest value.
func wraps[T number](largest, smallest, one T) bool { return largest+one == smallest }

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// panicOf returns the error that body panics with; nil if it does not.
func panicOf(body func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	body()
	return nil
}

func language() {
	It("passes more arguments than there are registers", func() {
		ints, floats, text := many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
			1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, struct{ N, M int8 }{-1, 2}, "seven", 8, 9)
		Expect(check.Fact("results of many arguments", []any{ints, floats, text})).To(Equal([]any{int64(manySum), float64(manySum), manyText}))
	})
	It("passes them by reflection too", func() {
		var in []reflect.Value
		for n := range int64(18) {
			in = append(in, reflect.ValueOf(n+1))
		}
		for n := range 18 {
			in = append(in, reflect.ValueOf(float64(n+1)))
		}
		in = append(in, reflect.ValueOf(struct{ N, M int8 }{-1, 2}), reflect.ValueOf("seven"), reflect.ValueOf([]uint16{8, 9}))
		out := reflect.ValueOf(many).CallSlice(in)
		results := []any{out[0].Interface(), out[1].Interface(), out[2].Interface()}
		Expect(check.Fact("results of many arguments by reflection", results)).To(Equal([]any{int64(manySum), float64(manySum), manyText}))
	})
	It("receives them in a function made by reflection", func() {
		var add func(a int8, b uint32, c float32, d string) string
		kind := reflect.TypeOf(add)
		made := reflect.MakeFunc(kind, func(in []reflect.Value) []reflect.Value {
			return []reflect.Value{reflect.ValueOf(fmt.Sprint(in[0].Int(), in[1].Uint(), in[2].Float(), in[3].String()))}
		})
		reflect.ValueOf(&add).Elem().Set(made)
		Expect(check.Fact("arguments of a function made by reflection", add(-1, 1<<31, 0.5, "x"))).To(Equal("-1 2147483648 0.5x"))
	})
	It("returns what no register holds", func() {
		w, err := makeWide(7)
		Expect(err).NotTo(HaveOccurred())
		Expect(check.Fact("result that no register holds", w)).To(Equal(wide{[9]uint64{7, 8, 9, 10, 11, 12, 13, 14, 15}, "7"}))
	})
	It("wraps integers of every width", func() {
		Expect(check.Fact("integers wrap, by width", []bool{wraps[int8](127, -128, 1), wraps[int16](1<<15-1, -1<<15, 1), wraps[int32](1<<31-1, -1<<31, 1),
			wraps[int64](1<<63-1, -1<<63, 1), wraps[uint8](255, 0, 1), wraps[uint16](1<<16-1, 0, 1),
			wraps[uint32](1<<32-1, 0, 1), wraps[uint64](1<<64-1, 0, 1)})).To(HaveEach(true))
	})
	It("divides and shifts negative numbers as Go says", func() {
		seven, three := -7, len("abc")
		results := []int{seven / three, seven % three, seven >> 1, seven / -three, int(int8(seven << 5))}
		Expect(check.Fact("-7 divided and shifted", results)).To(Equal([]int{-2, -1, -4, 2, 32}))
	})
	It("runs what is deferred last first, and recovers", func() {
		var order []int
		err := func() (err error) {
			defer func() { err = recover().(error) }()
			for i := range 3 {
				defer func() { order = append(order, i) }()
			}
			panic(errors.ErrUnsupported)
		}()
		Expect(check.Fact("what was recovered", err)).To(MatchError(errors.ErrUnsupported))
		Expect(check.Fact("order of what was deferred", order)).To(Equal([]int{2, 1, 0}))
	})
	It("gives each turn of a loop its own variable", func() {
		var all []func() int
		for i := range 3 {
			all = append(all, func() int { i *= 10; return i })
		}
		Expect(check.Fact("variables of the turns of a loop", []int{all[0](), all[1](), all[1](), all[2]()})).To(Equal([]int{0, 10, 100, 20}))
	})
	It("ranges over functions, and leaves them early", func() {
		sum := 0
		for i := range upTo(100) {
			if i == 10 {
				break
			}
			sum += i
		}
		Expect(check.Fact("sum of a range that was left", sum)).To(Equal(45))
	})
	It("checks bounds", func() {
		short, at := []int{1, 2, 3}, len("abc")
		Expect(check.Fact("panic of an index", panicOf(func() { short[at]++ }))).To(MatchError(ContainSubstring("index out of range [3] with length 3")))
		Expect(check.Fact("panic of a slice", panicOf(func() { short = short[at:2] }))).To(MatchError(ContainSubstring("slice bounds out of range")))
		Expect(check.Fact("panic of a conversion", panicOf(func() { _ = [4]int(short) }))).To(MatchError(ContainSubstring("cannot convert slice")))
	})
	It("ranges over text that is no UTF-8", func() {
		var runes []rune
		for _, r := range "信\xff创\xe4\xbf" {
			runes = append(runes, r)
		}
		Expect(check.Fact("runes of text that is no UTF-8", runes)).To(Equal([]rune{'信', 0xfffd, '创', 0xfffd, 0xfffd}))
	})
	It("grows a stack deep below pointers into it", func() {
		var sum func(depth int, above *int) int
		sum = func(depth int, above *int) int {
			if depth == 0 {
				return *above
			}
			here := *above + 1
			return sum(depth-1, &here)
		}
		zero := 0
		Expect(check.Fact("depth of a stack", sum(100000, &zero))).To(Equal(100000))
	})
	It("names its callers", func() {
		pcs := make([]uintptr, 8)
		frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
		first, _ := frames.Next()
		first = check.Fact("first caller", first)
		Expect(first.Function).To(ContainSubstring("toolchain.language.func"))
		Expect(strings.HasSuffix(first.File, "language.go")).To(BeTrue())
	})
	It("keeps a map whole while it is walked and changed", func() {
		m := map[int]int{}
		for i := range 1000 {
			m[i] = i
		}
		seen := map[int]bool{}
		again := 0
		for k := range m {
			if seen[k] {
				again++
			}
			seen[k] = true
			delete(m, k)
			m[k+100000] = k
			if len(seen) > 5000 {
				break
			}
		}
		Expect(check.Fact("keys that were seen twice", again)).To(BeZero())
		seen = check.Fact("keys that were seen", seen)
		for i := range 1000 {
			Expect(seen[i]).To(BeTrue())
		}
	})
}
