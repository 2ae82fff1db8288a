package main

import (
	"math/big"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
)

// The points, scalars and values that attackers choose. All are computed from labels, so that every run gives the same files.

// scalar returns a number in [1, n−2] made from a label.
func scalar(label string) *big.Int {
	n := number(formulas.KDF([]byte(label), 40))
	n.Mod(n, new(big.Int).Sub(formulas.N, big.NewInt(2)))
	return n.Add(n, big.NewInt(1))
}

// pad returns n in 32 bytes.
func pad(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }

func modN(n *big.Int) *big.Int     { return new(big.Int).Mod(n, formulas.N) }
func plus(a, b *big.Int) *big.Int  { return new(big.Int).Add(a, b) }
func minus(a, b *big.Int) *big.Int { return new(big.Int).Sub(a, b) }

// orderTwo returns a point of order two on another curve with the same a: y is zero, and b follows from x.
func orderTwo(x int64) formulas.Point {
	return formulas.Point{X: big.NewInt(x), Y: new(big.Int)}
}

// orderThree returns a point of order three on another curve with the same a. Where the third division polynomial
// 3x⁴ + 6ax² + 12bx − a² is zero, tripling gives infinity; it is solved for b, with the first x from start for which y
// exists.
func orderThree(start int64) formulas.Point {
	for x := big.NewInt(start); ; x.Add(x, big.NewInt(1)) {
		xx := new(big.Int).Mul(x, x)
		b := new(big.Int).Mul(formulas.A, formulas.A)
		b.Sub(b, new(big.Int).Mul(big.NewInt(6), new(big.Int).Mul(formulas.A, xx)))
		b.Sub(b, new(big.Int).Mul(big.NewInt(3), new(big.Int).Mul(xx, xx)))
		b.Mul(b, new(big.Int).ModInverse(new(big.Int).Mul(big.NewInt(12), x), formulas.P)).Mod(b, formulas.P)
		if y := root(x, b); y != nil && y.Sign() != 0 { // y = 0 would be the node of a singular curve
			return formulas.Point{X: new(big.Int).Set(x), Y: y}
		}
	}
}

// root returns a y with y² = x³ + Ax + b, or nil.
func root(x, b *big.Int) *big.Int {
	y := new(big.Int).Exp(x, big.NewInt(3), formulas.P)
	y.Add(y, new(big.Int).Mul(formulas.A, x)).Add(y, b).Mod(y, formulas.P)
	return y.ModSqrt(y, formulas.P)
}

// smallX returns the first point of the curve whose x is at least start: small enough that x + p still has 32 bytes.
func smallX(start int64) formulas.Point {
	for x := big.NewInt(start); ; x.Add(x, big.NewInt(1)) {
		if y := root(x, formulas.B); y != nil {
			return formulas.Point{X: new(big.Int).Set(x), Y: y}
		}
	}
}

// offCurve returns points that are not on the curve, by the reason why they are dangerous.
func offCurve() map[string]formulas.Point {
	on := formulas.G.Mul(scalar("off"))
	return map[string]formulas.Point{
		"of order two":             orderTwo(7),
		"of order three":           orderThree(1),
		"of order three, second":   orderThree(1000),
		"with y one too large":     {X: on.X, Y: plus(on.Y, big.NewInt(1))},
		"with x and y swapped":     {X: on.Y, Y: on.X},
		"one, one":                 {X: big.NewInt(1), Y: big.NewInt(1)},
		"of the curve NIST P-256":  {X: number(unhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")), Y: number(unhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))},
		"with the y of minus base": {X: formulas.G.X, Y: plus(formulas.G.Neg().Y, big.NewInt(2))},
	}
}
