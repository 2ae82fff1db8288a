package abi

import (
	"fmt"
	"math"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// bits64 returns the bits of a value in hexadecimal, as observations have them: JSON has no NaN, and no exact uint64.
func bits64(f float64) string { return fmt.Sprintf("%016x", math.Float64bits(f)) }

// corners are values whose conversion to an integer depends on the machine by the Go specification, and their neighbours whose
// conversion does not.
var corners = []struct {
	name  string
	value float64
}{
	{"NaN", math.NaN()}, {"+Inf", math.Inf(1)}, {"-Inf", math.Inf(-1)}, {"-1", -1}, {"2^63", 1 << 63}, {"2^64", 1 << 64}, {"-2^64", -(1 << 64)},
}

//go:noinline
func multiplyAdd(x, y, z float64) float64 { return x*y + z }

//go:noinline
func multiplyThenAdd(x, y, z float64) float64 { return float64(x*y) + z }

//go:noinline
func divide(x, y float64) float64 { return x / y }

func floats() {
	It("conversion of what no integer holds is the machine's own", func() {
		out := map[string]string{}
		for _, c := range corners {
			out["int64("+c.name+")"] = fmt.Sprintf("%016x", uint64(int64(c.value)))
			out["uint64("+c.name+")"] = fmt.Sprintf("%016x", uint64(c.value))
			out["int32("+c.name+")"] = fmt.Sprintf("%08x", uint32(int32(c.value)))
		}
		check.ObserveDiffers("float to integer out of range", out, record.Say(
			"the Go specification leaves the value to the implementation: arm64 saturates, amd64 gives 8000…, loong64 differs from both",
			"Go 规范不规定该值：arm64 饱和，amd64 得 8000…，loong64 与两者都不同"))
	})
	It("conversion within range truncates", func() {
		for value, want := range map[float64]int64{1.9: 1, -1.9: -1, 1 << 53: 1 << 53, -(1 << 63): math.MinInt64, 0.1: 0} {
			Expect(check.Fact(fmt.Sprint("int64 of ", value), int64(value))).To(Equal(want))
		}
		value := float64(1<<63) + 2048
		Expect(check.Fact("uint64 of 2^63 + 2048", uint64(value))).To(Equal(uint64(1<<63 + 2048)))
	})
	It("x*y+z may be fused, float64(x*y)+z never is", func() {
		x, z := 1+math.Ldexp(1, -30), -(1 + math.Ldexp(1, -29))
		check.ObserveDiffers("x*y+z is fused", multiplyAdd(x, x, z) != 0, record.Say(
			"the Go specification allows it: arm64 and loong64 fuse, amd64 does from GOAMD64=v3 on",
			"Go 规范允许融合：arm64 与 loong64 会融合，amd64 自 GOAMD64=v3 起融合"))
		Expect(check.Fact("float64(x*y)+z", multiplyThenAdd(x, x, z))).To(BeZero())
		Expect(check.Fact("x*y+z", multiplyAdd(x, x, z))).To(Or(BeZero(), Equal(math.Ldexp(1, -60))))
	})
	It("fused multiply-add rounds once", func() {
		x := 1 + math.Ldexp(1, -30)
		Expect(check.Fact("math.FMA", math.FMA(x, x, -(1+math.Ldexp(1, -29))))).To(Equal(math.Ldexp(1, -60)))
	})
	It("0/0 is NaN, of the machine's own sign", func() {
		quotient := divide(0, 0)
		check.ObserveDiffers("0/0", bits64(quotient), record.Say(
			"IEEE 754 leaves sign and payload of a new NaN open: x86 sets the sign", "IEEE 754 不规定新 NaN 的符号与附带数据：x86 会置符号位"))
		Expect(math.IsNaN(check.Fact("0/0", quotient))).To(BeTrue())
	})
	It("subnormals are kept", func() {
		least := math.SmallestNonzeroFloat64
		Expect(check.Fact("a third of three times the least float64", least*3/3)).To(Equal(least))
		Expect(bits64(check.Fact("2^-1022 / 4", divide(math.Ldexp(1, -1022), 4)))).To(Equal("0004000000000000"))
		Expect(check.Fact("the least float32", float32(multiplyThenAdd(1e-45, 1, 0)))).NotTo(BeZero())
	})
	It("rounds to nearest, ties to even", func() {
		half := math.Ldexp(1, -53)
		Expect(check.Fact("1 + 2^-53", multiplyThenAdd(1, half, 1))).To(Equal(1.0))
		Expect(check.Fact("1 + 3 * 2^-53", multiplyThenAdd(3, half, 1))).To(Equal(1 + math.Ldexp(1, -51)))
		Expect(check.Fact("float32 of 2^24 + 1", float32(multiplyThenAdd(1, 1<<24, 1)))).To(Equal(float32(1 << 24)))
	})
	It("signed zero and infinities follow IEEE 754", func() {
		zero := multiplyThenAdd(0, 0, 0)
		Expect(math.Signbit(check.Fact("-0", -zero))).To(BeTrue())
		Expect(check.Fact("1/0 and 1/-0", []float64{divide(1, zero), divide(1, -zero)})).To(Equal([]float64{math.Inf(1), math.Inf(-1)}))
		Expect(math.IsNaN(check.Fact("+Inf - Inf", multiplyThenAdd(1, math.Inf(1), math.Inf(-1))))).To(BeTrue())
	})
}
