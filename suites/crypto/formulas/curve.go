// Package formulas implements SM2, SM3 and SM4 directly by the formulas of the standards, with math/big, words and plain loops. It
// is slow and not constant-time. Its results are compared with those of the subjects, with which it shares no code, and it makes
// the adversarial vectors, for which a library would refuse to compute.
package formulas

import (
	"math/big"
	"sync"
)

// The recommended curve of GB/T 32918.5-2017, y² = x³ + Ax + B over the integers modulo P, with base point G of order N.
var (
	P = number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF")
	A = number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC")
	B = number("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93")
	N = number("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123")
	G = Point{number("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"), number("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0")}
	O = Point{} // the point at infinity

)

func number(hex string) *big.Int {
	n, ok := new(big.Int).SetString(hex, 16)
	if !ok {
		panic("formulas: bad constant " + hex)
	}
	return n
}

// Point in affine coordinates. The zero value is the point at infinity.
type Point struct{ X, Y *big.Int }

// Infinite reports whether p is the point at infinity.
func (p Point) Infinite() bool { return p.X == nil }

// Neg returns −p.
func (p Point) Neg() Point {
	if p.Infinite() {
		return p
	}
	return Point{p.X, new(big.Int).Mod(new(big.Int).Neg(p.Y), P)}
}

// On reports whether p lies on y² = x³ + Ax + b, with both coordinates reduced.
func (p Point) On(b *big.Int) bool {
	if p.Infinite() || p.X.Sign() < 0 || p.Y.Sign() < 0 || p.X.Cmp(P) >= 0 || p.Y.Cmp(P) >= 0 {
		return false
	}
	return curveB(p).Cmp(b) == 0
}

// curveB returns the b for which p lies on y² = x³ + Ax + b.
func curveB(p Point) *big.Int {
	b := new(big.Int).Mul(p.Y, p.Y)
	b.Sub(b, new(big.Int).Exp(p.X, big.NewInt(3), P))
	b.Sub(b, new(big.Int).Mul(A, p.X))
	return b.Mod(b, P)
}

// Add returns p + q by the chord and tangent rule (GB/T 32918.1-2016 §3.2.3.1). B does not appear in it, so that it also
// adds points of other curves with the same A.
func (p Point) Add(q Point) Point {
	switch {
	case p.Infinite():
		return q
	case q.Infinite():
		return p
	}
	var slope *big.Int
	if p.X.Cmp(q.X) == 0 {
		if new(big.Int).Mod(new(big.Int).Add(p.Y, q.Y), P).Sign() == 0 {
			return O
		}
		slope = new(big.Int).Mul(p.X, p.X)
		slope.Mul(slope, big.NewInt(3)).Add(slope, A)
		slope.Mul(slope, new(big.Int).ModInverse(new(big.Int).Lsh(p.Y, 1), P))
	} else {
		slope = new(big.Int).Sub(q.Y, p.Y)
		dx := new(big.Int).Sub(q.X, p.X)
		slope.Mul(slope, dx.ModInverse(dx.Mod(dx, P), P))
	}
	slope.Mod(slope, P)
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, p.X).Sub(x, q.X).Mod(x, P)
	y := new(big.Int).Sub(p.X, x)
	y.Mul(y, slope).Sub(y, p.Y).Mod(y, P)
	return Point{x, y}
}

// powers are G times the powers of two, which are computed once.
var powers = sync.OnceValue(func() []affine {
	all := make([]affine, 256)
	last := jacobian{}.add(G.affine())
	for i := range all {
		all[i] = last.point().affine()
		last = last.double()
	}
	return all
})

// Mul returns [k]p, by doubling and adding in projective coordinates; k ≥ 0.
func (p Point) Mul(k *big.Int) Point {
	sum := jacobian{}
	switch {
	case p.Infinite():
	case p == G && k.BitLen() <= 256:
		for i := range k.BitLen() {
			if k.Bit(i) == 1 {
				sum = sum.add(powers()[i])
			}
		}
	default:
		q := p.affine()
		for i := k.BitLen() - 1; i >= 0; i-- {
			if sum = sum.double(); k.Bit(i) == 1 {
				sum = sum.add(q)
			}
		}
	}
	return sum.point()
}

// Bytes returns the uncompressed encoding of GB/T 32918.1-2016 §4.2.8: 04, x, y. Infinity has none: it gives zeros.
func (p Point) Bytes() []byte {
	out := make([]byte, 65)
	out[0] = 4
	if !p.Infinite() {
		p.X.FillBytes(out[1:33])
		p.Y.FillBytes(out[33:])
	}
	return out
}
