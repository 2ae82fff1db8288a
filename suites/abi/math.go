package abi

import (
	"fmt"
	"math"
	"math/bits"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// golden is a correctly rounded value of a function.
type golden struct {
	name      string
	got, want float64
}

// exact returns values of functions that IEEE 754-2019 §5 requires to be correctly rounded.
func exact() []golden {
	return []golden{
		{"Sqrt(2)", math.Sqrt(2), math.Float64frombits(0x3ff6a09e667f3bcd)},
		{"Sqrt(1e-310)", math.Sqrt(1e-310), math.Float64frombits(0x1fc1297872d9cbae)},
		{"FMA(0.1,10,-1)", math.FMA(0.1, 10, -1), math.Ldexp(1, -54)},
		{"Mod(5.5,-2)", math.Mod(5.5, -2), 1.5},
		{"Remainder(5,3)", math.Remainder(5, 3), -1},
		{"RoundToEven(2.5)", math.RoundToEven(2.5), 2},
		{"Round(-2.5)", math.Round(-2.5), -3},
		{"Floor(-0.5)", math.Floor(-0.5), -1},
		{"Ceil(0.5)", math.Ceil(0.5), 1},
		{"Trunc(-1.9)", math.Trunc(-1.9), -1},
		{"Nextafter(1,2)", math.Nextafter(1, 2), 1 + math.Ldexp(1, -52)},
	}
}

// nearly returns values of functions whose last digit Go does not guarantee. The expected values have at least 16 digits.
func nearly() []golden {
	return []golden{
		{"Exp(1)", math.Exp(1), 2.718281828459045235},
		{"Exp(-0.5)", math.Exp(-0.5), 0.606530659712633424},
		{"Log(10)", math.Log(10), 2.302585092994045684},
		{"Log(2)", math.Log(2), 0.693147180559945309},
		{"Sin(1)", math.Sin(1), 0.841470984807896507},
		{"Cos(1)", math.Cos(1), 0.540302305868139717},
		{"Tan(1)", math.Tan(1), 1.557407724654902231},
		{"Atan(1)", math.Atan(1), 0.785398163397448310},
		{"Sinh(1)", math.Sinh(1), 1.175201193643801457},
		{"Pow(2,0.5)", math.Pow(2, 0.5), 1.414213562373095049},
		{"Cbrt(2)", math.Cbrt(2), 1.259921049894873165},
		{"Gamma(0.5)", math.Gamma(0.5), 1.772453850905516027},
		{"Erf(1)", math.Erf(1), 0.842700792949714869},
		{"Log1p(1e-10)", math.Log1p(1e-10), 9.9999999995000000000333e-11},
	}
}

func maths() {
	It("of correctly rounded functions is bit for bit the same", func() {
		seen := map[string]string{}
		for _, g := range exact() {
			g.got = check.Fact(g.name, g.got)
			seen[g.name] = bits64(g.got)
			Expect(bits64(g.got)).To(Equal(bits64(g.want)), g.name)
		}
		check.Observe("correctly rounded functions", seen)
	})
	It("of transcendental functions is right to three units in the last place", func() {
		seen := map[string]string{}
		for _, g := range nearly() {
			g.got = check.Fact(g.name, g.got)
			seen[g.name] = bits64(g.got)
			apart := int64(math.Float64bits(g.got)) - int64(math.Float64bits(g.want))
			Expect(apart).To(And(BeNumerically(">=", -3), BeNumerically("<=", 3)), g.name)
		}
		check.ObserveDiffers("transcendental functions", seen, record.Say(
			"their polynomials are fused where the machine can, and some are assembly", "其多项式在可融合的机器上会被融合，部分函数为汇编实现"))
	})
	It("of wide integers carries", func() {
		high, low := bits.Mul64(math.MaxUint64, math.MaxUint64)
		Expect(check.Fact("(2^64-1)^2", []uint64{high, low})).To(Equal([]uint64{math.MaxUint64 - 1, 1}))
		sum, carry := bits.Add64(math.MaxUint64, 1, 1)
		Expect(check.Fact("2^64-1 + 1 + 1", []uint64{sum, carry})).To(Equal([]uint64{1, 1}))
		quotient, rest := bits.Div64(1, 0, 3)
		Expect(check.Fact("2^64 / 3", []uint64{quotient, rest})).To(Equal([]uint64{0x5555555555555555, 1}))
	})
	It("of shifts and counts follows Go, not the machine", func() {
		for shift, want := range map[uint]uint64{63: 1 << 63, 64: 0, 65: 0, 200: 0} {
			Expect(check.Fact(fmt.Sprintf("1 << %d", shift), uint64(1)<<shift)).To(Equal(want))
		}
		least := int64(math.MinInt64)
		Expect(check.Fact("least int64 / -1", least/minusOne())).To(Equal(least))
		Expect(check.Fact("least int64 % -1", least%minusOne())).To(BeZero())
		counts := []int{bits.TrailingZeros64(0), bits.LeadingZeros64(0), bits.OnesCount64(0xf0f0)}
		Expect(check.Fact("zeros of 0, and ones of 0xf0f0", counts)).To(Equal([]int{64, 64, 8}))
	})
}

//go:noinline
func minusOne() int64 { return -1 }
