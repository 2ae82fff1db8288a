package abi

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"hash/crc64"
	"hash/fnv"
	"hash/maphash"
	"math"
	"math/big"
	"math/bits"
	legacy "math/rand"
	"math/rand/v2"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// digest hashes results, with all NaNs as one: IEEE 754 leaves sign and payload of a new NaN open.
type digest struct {
	hash.Hash
	*rand.Rand
}

func (d digest) add(values ...any) {
	for _, v := range values {
		switch v := v.(type) {
		case float64:
			if math.IsNaN(v) {
				v = 0x1p-1000
			}
			_ = binary.Write(d, binary.LittleEndian, math.Float64bits(v))
		case float32:
			if v != v {
				v = 0x1p-100
			}
			_ = binary.Write(d, binary.LittleEndian, math.Float32bits(v))
		case string:
			_, _ = d.Write(append([]byte(v), 0))
		case int:
			_ = binary.Write(d, binary.LittleEndian, int64(v))
		default:
			_ = binary.Write(d, binary.LittleEndian, v)
		}
	}
}

// float returns a float64 of any bits, or one of moderate size.
func (d digest) float() float64 {
	if d.IntN(4) == 0 {
		return math.Float64frombits(d.Uint64())
	}
	return (d.Float64() - 0.5) * math.Ldexp(1, d.IntN(80)-40)
}

func (d digest) float32() float32 {
	if d.IntN(4) == 0 {
		return math.Float32frombits(d.Uint32())
	}
	return float32(d.float())
}

// calculation is a series of results that must be the same on all chips, and the first bytes of its SHA-256.
type calculation struct {
	name, want string
	one        func(d digest)
}

const calculationsEach = 1000

func (c calculation) digest() string {
	d := digest{sha256.New(), rand.New(rand.NewPCG(2026, uint64(len(c.name))))}
	for range calculationsEach {
		c.one(d)
	}
	return fmt.Sprintf("%x", d.Sum(nil)[:8])
}

// calculations have the digests that amd64, arm64 and loong64 give alike.
func calculations() []calculation {
	return append(floatCalculations(), integerCalculations()...)
}

func floatCalculations() []calculation {
	return []calculation{
		{"square roots", "3c89c2dbd226d7c8", func(d digest) { d.add(math.Sqrt(d.float()), float32(math.Sqrt(float64(d.float32())))) }},
		{"fused multiply-adds", "ef2318b3e0068ad9", func(d digest) { d.add(math.FMA(d.float(), d.float(), d.float())) }},
		{"roundings to integers", "1e36d2a351a32756", func(d digest) {
			f := d.float()
			d.add(math.Floor(f), math.Ceil(f), math.Trunc(f), math.Round(f), math.RoundToEven(f))
		}},
		{"sums and differences", "00ebb469df8d5a3e", func(d digest) { x, y := d.float(), d.float(); d.add(x+y, x-y) }},
		{"products and quotients", "ef487fcf380db847", func(d digest) { x, y := d.float(), d.float(); d.add(x*y, x/y) }},
		{"results in single precision", "c5cc0b2619fe7265", func(d digest) { x, y := d.float32(), d.float32(); d.add(x+y, x-y, x*y, x/y) }},
		{"conversions between precisions", "f1dabac13e899cb9", func(d digest) { d.add(float32(d.float()), float64(d.float32())) }},
		{"conversions of integers to floats", "eb7fae8b1322083e", func(d digest) {
			n := d.Uint64() >> d.IntN(64)
			d.add(float64(n), float64(int64(n)), float32(n), float32(int64(n)))
		}},
		{"conversions of floats to integers that hold them", "a87678079a206356", func(d digest) {
			f := (d.Float64() - 0.5) * math.Ldexp(1, d.IntN(63))
			d.add(int64(f), uint64(math.Abs(f)), int32(f/0x1p32))
		}},
		{"remainders of floats", "4b0b0fe9351ad470", func(d digest) { x, y := d.float(), d.float(); d.add(math.Mod(x, y), math.Remainder(x, y)) }},
		{"parts of floats", "588d6641d986502c", func(d digest) {
			f := d.float()
			fraction, exponent := math.Frexp(f)
			whole, rest := math.Modf(f)
			d.add(fraction, exponent, whole, rest, math.Ldexp(f, d.IntN(200)-100), math.Nextafter(f, 1))
		}},
		{"comparisons and extremes of floats", "adabf0688c017bfc", func(d digest) {
			x, y := d.float(), d.float()
			d.add(x < y, x <= y, x == y, x != x, math.Max(x, y), math.Min(x, y), min(x, y), max(x, y), math.Copysign(x, y), math.Abs(x))
		}},
		{"floats as text", "b3d1fc547d09b284", func(d digest) {
			f := d.float()
			d.add(strconv.FormatFloat(f, 'g', -1, 64), strconv.FormatFloat(f, 'e', 17, 64), strconv.FormatFloat(float64(d.float32()), 'g', -1, 32))
		}},
		{"text as floats", "6e995ca472c82da8", func(d digest) {
			text := fmt.Sprintf("%d.%de%d", d.Uint32(), d.Uint64(), d.IntN(700)-350)
			f, _ := strconv.ParseFloat(text, 64)
			short, _ := strconv.ParseFloat(text, 32)
			d.add(f, float32(short))
		}},
		{"big floats and fractions", "017c18de40de0030", func(d digest) {
			x, y := big.NewFloat(d.Float64()).SetPrec(200), big.NewFloat(d.Float64()+1).SetPrec(200)
			d.add(new(big.Float).Quo(x, y).Text('g', 60), new(big.Float).Sqrt(x).Text('g', 60))
			d.add(new(big.Rat).Add(big.NewRat(d.Int64N(1e9), 7), big.NewRat(d.Int64N(1e9), 11)).String())
		}},
	}
}

func integerCalculations() []calculation {
	ieee, castagnoli := crc32.IEEETable, crc32.MakeTable(crc32.Castagnoli)
	return []calculation{
		{"quotients and remainders of all widths", "13a74dee72517682", func(d digest) {
			x, y := d.Uint64()>>d.IntN(64), d.Uint64()>>d.IntN(63)|1
			d.add(x/y, x%y, int64(x)/int64(y), int64(x)%int64(y), uint32(x)/uint32(y), int32(x)/int32(y|1), int32(x)%int32(y|1),
				uint16(x)/uint16(y|1), int16(x)%int16(y|1), uint8(x)/uint8(y|1), int8(x)/int8(y|1))
		}},
		{"shifts by any count", "bef9bc34331e6260", func(d digest) {
			x, by := d.Uint64(), uint(d.IntN(140))
			d.add(x<<by, x>>by, int64(x)>>by, uint32(x)<<by, int32(x)>>by, uint16(x)<<by, int8(x)>>by)
		}},
		{"counts and turns of bits", "32fc8325616a883c", func(d digest) {
			x := d.Uint64() >> d.IntN(64)
			d.add(bits.Len64(x), bits.TrailingZeros64(x), bits.OnesCount64(x), bits.Reverse64(x), bits.ReverseBytes64(x), bits.RotateLeft64(x, d.IntN(64)),
				bits.Len32(uint32(x)), bits.TrailingZeros32(uint32(x)), bits.RotateLeft32(uint32(x), d.IntN(32)), bits.ReverseBytes16(uint16(x)))
		}},
		{"products and quotients of 128 bits", "5a8b5093446ada5b", func(d digest) {
			x, y := d.Uint64(), d.Uint64()|1
			high, low := bits.Mul64(x, y)
			quotient, rest := bits.Div64(high%y, low, y)
			sum, carry := bits.Add64(x, y, 1)
			difference, borrow := bits.Sub64(x, y, 1)
			d.add(high, low, quotient, rest, sum, carry, difference, borrow)
		}},
		{"big integers", "92645be2ba2c2ce9", func(d digest) {
			wide := func(n int) *big.Int {
				b := make([]byte, 1+d.IntN(n))
				for i := range b {
					b[i] = byte(d.Uint32())
				}
				return new(big.Int).SetBytes(b)
			}
			x, y := wide(200), new(big.Int).Add(wide(90), big.NewInt(1))
			quotient, rest := new(big.Int).QuoRem(x, y, new(big.Int))
			d.add(new(big.Int).Mul(x, y).String(), quotient.String(), rest.String(), new(big.Int).Sqrt(x).String(),
				new(big.Int).GCD(nil, nil, x, y).String(), new(big.Int).Exp(x, big.NewInt(65537), y).String())
		}},
		{"dates", "d8591f2ef30d9ec6", func(d digest) {
			t := time.Unix(d.Int64N(1<<36)-1<<35, d.Int64N(1e9)).UTC()
			year, week := t.ISOWeek()
			d.add(t.Format(time.RFC3339Nano), t.AddDate(0, d.IntN(50), d.IntN(50)).YearDay(), year, week, t.Truncate(time.Hour).Unix())
		}},
		{"checksums", "824b43e304e84e89", func(d digest) {
			b := make([]byte, d.IntN(300))
			for i := range b {
				b[i] = byte(d.Uint32())
			}
			f := fnv.New64a()
			_, _ = f.Write(b)
			d.add(crc32.Checksum(b, ieee), crc32.Checksum(b, castagnoli), crc64.Checksum(b, crc64.MakeTable(crc64.ECMA)), adler32.Checksum(b), f.Sum64())
		}},
		{"pseudo-random numbers from a seed", "5d1c1bb0340210ac", func(d digest) {
			old, pcg, chacha := legacy.New(legacy.NewSource(d.Int64())), rand.New(rand.NewPCG(d.Uint64(), 1)), rand.New(rand.NewChaCha8([32]byte{byte(d.Uint32())}))
			d.add(old.Int63(), old.NormFloat64(), pcg.Uint64(), pcg.ExpFloat64(), chacha.Uint64(), chacha.IntN(1000))
		}},
	}
}

func numberSpecs() {
	for _, c := range calculations() {
		It(c.name+" are bit for bit the same on all chips", func() {
			got := check.Gather("digest of "+c.name, c.digest)
			check.Observe("digest of "+c.name, got)
			Expect(got).To(Equal(c.want))
		})
	}
	It("hashes of maphash agree for one seed, and differ for another", func() {
		seed, other := maphash.MakeSeed(), maphash.MakeSeed()
		same := check.Fact("hashes of maphash with one seed", []uint64{maphash.String(seed, "value"), maphash.Bytes(seed, []byte("value"))})
		Expect(same[0]).To(Equal(same[1]))
		Expect(check.Fact("hash of maphash with another seed", maphash.String(other, "value")-same[0])).NotTo(BeZero())
	})
	It("orders of a map's keys are not always the same", func() {
		m := map[int]bool{}
		for i := range 100 {
			m[i] = true
		}
		firsts := map[int]bool{}
		for range 100 {
			for first := range m {
				firsts[first] = true
				break
			}
		}
		Expect(check.Fact("keys that came first", len(firsts))).To(BeNumerically(">", 1))
	})
}
