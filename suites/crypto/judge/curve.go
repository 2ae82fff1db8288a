package judge

//lint:file-ignore SA1019 the subjects offer elliptic.Curve, deprecated or not, and their users use it

import (
	"fmt"
	"math/big"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

const groupClause = "GB/T 32918.1-2016 §3.2.3"

// CurveRequirements are about arithmetic on the curve. Infinity is 0, 0, as in elliptic.Curve.
var CurveRequirements = []Requirement{
	{"curve-parameters", "the parameters are those of the recommended curve", record.Critical, "GB/T 32918.5-2017", curveParameters},
	{"curve-add-doubles", "P + P = 2P", record.Medium, groupClause, curveAddDoubles},
	{"curve-add-inverse", "P + -P is infinity", record.Medium, groupClause, curveAddInverse},
	{"curve-add-infinity", "P + infinity = P", record.Medium, groupClause, curveAddInfinity},
	{"curve-double", "Double is by the formulas", record.High, groupClause, curveDouble},
	{"curve-scalar-edges", "[k]P is by the formulas at both ends of the range and at powers of two", record.Medium, groupClause, curveScalarEdges},
	{"curve-scalar-order", "[n]P is infinity, [n + 1]P = P", record.Medium, groupClause, curveScalarOrder},
	{"curve-scalar-zero", "[0]P is infinity", record.Medium, groupClause, curveScalarZero},
	{"curve-scalar-leading-zeros", "leading zero bytes of a scalar change nothing", record.Low, groupClause, curveLeadingZeros},
	{"curve-base-scalar-edges", "[k]G is by the formulas at both ends of the range and at powers of two", record.Medium, groupClause, curveBaseEdges},
	{"curve-base-scalar-33-bytes", "[k]G takes a scalar of 33 bytes", record.Medium, groupClause, curveBaseWide},
	{"curve-random", "[k]P and [k]G are by the formulas for 8 random k", record.Critical, groupClause, curveRandom},
	{"on-curve-unreduced", "x + p is not on the curve", record.Medium, "GB/T 32918.1-2016 §6.2.1", onCurveUnreduced},
	{"on-curve-negative", "negative coordinates are not on the curve", record.Medium, "GB/T 32918.1-2016 §6.2.1", onCurveNegative},
	{"on-curve-infinity", "0, 0 is not on the curve", record.Medium, "GB/T 32918.1-2016 §6.2.1", onCurveInfinity},
	{"on-curve", "points are told from their neighbours", record.Critical, "GB/T 32918.1-2016 §6.2.1", onCurve},
}

func curvePoint(r *rand.Rand) formulas.Point {
	key, _ := randomKey(r)
	return formulas.G.Mul(number(key))
}

// agrees compares a point of the subject with one of the formulas.
func agrees(what string, x, y *big.Int, want formulas.Point) error {
	if want.Infinite() {
		want = zeroPoint
	}
	if x == nil || y == nil || x.Cmp(want.X) != 0 || y.Cmp(want.Y) != 0 {
		return fmt.Errorf("%s is (%x, %x), want (%x, %x)", what, x, y, want.X, want.Y)
	}
	return nil
}

func curveParameters(s subject.Subject, _ *rand.Rand) error {
	p := s.Curve.Params()
	if p.P.Cmp(formulas.P) != 0 || p.N.Cmp(formulas.N) != 0 || p.B.Cmp(formulas.B) != 0 || p.BitSize != 256 {
		return fmt.Errorf("p %x, n %x, b %x", p.P, p.N, p.B)
	}
	return agrees("G", p.Gx, p.Gy, formulas.G)
}

func curveAddDoubles(s subject.Subject, r *rand.Rand) error {
	p := curvePoint(r)
	x, y := s.Curve.Add(p.X, p.Y, p.X, p.Y)
	return agrees("P + P", x, y, p.Add(p))
}

func curveAddInverse(s subject.Subject, r *rand.Rand) error {
	p := curvePoint(r)
	x, y := s.Curve.Add(p.X, p.Y, p.X, p.Neg().Y)
	return agrees("P + -P", x, y, formulas.O)
}

func curveAddInfinity(s subject.Subject, r *rand.Rand) error {
	p := curvePoint(r)
	x, y := s.Curve.Add(p.X, p.Y, bigInt(0), bigInt(0))
	if err := agrees("P + infinity", x, y, p); err != nil {
		return err
	}
	x, y = s.Curve.Add(bigInt(0), bigInt(0), p.X, p.Y)
	return agrees("infinity + P", x, y, p)
}

func curveDouble(s subject.Subject, r *rand.Rand) error {
	for range 4 {
		p := curvePoint(r)
		x, y := s.Curve.Double(p.X, p.Y)
		if err := agrees("2P", x, y, p.Add(p)); err != nil {
			return err
		}
	}
	x, y := s.Curve.Double(bigInt(0), bigInt(0))
	return agrees("2 infinity", x, y, formulas.O)
}

// edgeScalars returns small, close to n, and powers of two with their neighbours.
func edgeScalars() []*big.Int {
	var all []*big.Int
	for i := int64(1); i <= 16; i++ {
		all = append(all, bigInt(i), number(below(i)))
	}
	for bit := uint(8); bit < 256; bit += 40 {
		power := new(big.Int).Lsh(bigInt(1), bit)
		all = append(all, power, new(big.Int).Sub(power, bigInt(1)), new(big.Int).Add(power, bigInt(1)))
	}
	return all
}

func curveScalarEdges(s subject.Subject, r *rand.Rand) error {
	p := curvePoint(r)
	for _, k := range edgeScalars() {
		x, y := s.Curve.ScalarMult(p.X, p.Y, big32(k))
		if err := agrees(fmt.Sprintf("[%x]P", k), x, y, p.Mul(k)); err != nil {
			return err
		}
	}
	return nil
}

func curveScalarOrder(s subject.Subject, r *rand.Rand) error {
	p := curvePoint(r)
	x, y := s.Curve.ScalarMult(p.X, p.Y, below(0))
	if err := agrees("[n]P", x, y, formulas.O); err != nil {
		return err
	}
	x, y = s.Curve.ScalarMult(p.X, p.Y, below(-1))
	return agrees("[n + 1]P", x, y, p)
}

func curveScalarZero(s subject.Subject, r *rand.Rand) error {
	p := curvePoint(r)
	for _, k := range [][]byte{make([]byte, 32), {0}, {}} {
		x, y := s.Curve.ScalarMult(p.X, p.Y, k)
		if err := agrees(fmt.Sprintf("[0]P with %d bytes", len(k)), x, y, formulas.O); err != nil {
			return err
		}
		x, y = s.Curve.ScalarBaseMult(k)
		if err := agrees(fmt.Sprintf("[0]G with %d bytes", len(k)), x, y, formulas.O); err != nil {
			return err
		}
	}
	return nil
}

func curveLeadingZeros(s subject.Subject, r *rand.Rand) error {
	p := curvePoint(r)
	k := append(make([]byte, 8), scalar(12345)...)
	x, y := s.Curve.ScalarMult(p.X, p.Y, k)
	return agrees("[12345]P with 40 bytes", x, y, p.Mul(bigInt(12345)))
}

func curveBaseEdges(s subject.Subject, _ *rand.Rand) error {
	for _, k := range edgeScalars() {
		x, y := s.Curve.ScalarBaseMult(big32(k))
		if err := agrees(fmt.Sprintf("[%x]G", k), x, y, formulas.G.Mul(k)); err != nil {
			return err
		}
	}
	return nil
}

func curveBaseWide(s subject.Subject, _ *rand.Rand) error {
	x, y := s.Curve.ScalarBaseMult(append([]byte{0}, scalar(12345)...))
	return agrees("[12345]G with 33 bytes", x, y, formulas.G.Mul(bigInt(12345)))
}

func curveRandom(s subject.Subject, r *rand.Rand) error {
	for range 4 {
		p, k := curvePoint(r), randomBytes(r, 32)
		x, y := s.Curve.ScalarMult(p.X, p.Y, k)
		n := number(k)
		if err := agrees(fmt.Sprintf("[%x]P", k), x, y, p.Mul(n.Mod(n, formulas.N))); err != nil {
			return err
		}
		x, y = s.Curve.ScalarBaseMult(k)
		if err := agrees(fmt.Sprintf("[%x]G", k), x, y, formulas.G.Mul(n)); err != nil {
			return err
		}
	}
	return nil
}
