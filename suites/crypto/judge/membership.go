package judge

//lint:file-ignore SA1019 the subjects offer elliptic.Curve, deprecated or not, and their users use it

import (
	"fmt"
	"math/big"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// off requires that the subject says that a point is not on the curve. A panic is a failure.
func off(s subject.Subject, what string, x, y *big.Int) error {
	return Attempt(func() error {
		if s.Curve.IsOnCurve(x, y) {
			return fmt.Errorf("%s (%x, %x) is on the curve", what, x, y)
		}
		return nil
	})
}

func onCurveUnreduced(s subject.Subject, _ *rand.Rand) error {
	b := unreduced()
	x, y := number(b[1:33]), number(b[33:])
	if err := off(s, "x + p", x, y); err != nil {
		return err
	}
	return off(s, "y + p", new(big.Int).Sub(x, formulas.P), new(big.Int).Add(y, formulas.P))
}

func onCurveNegative(s subject.Subject, r *rand.Rand) error {
	p := curvePoint(r)
	if err := off(s, "x - p", new(big.Int).Sub(p.X, formulas.P), p.Y); err != nil {
		return err
	}
	return off(s, "-y", p.X, new(big.Int).Neg(p.Y))
}

func onCurveInfinity(s subject.Subject, _ *rand.Rand) error {
	return off(s, "infinity", bigInt(0), bigInt(0))
}

func onCurve(s subject.Subject, r *rand.Rand) error {
	for range 4 {
		p := curvePoint(r)
		if !s.Curve.IsOnCurve(p.X, p.Y) || !s.Curve.IsOnCurve(p.X, p.Neg().Y) {
			return fmt.Errorf("(%x, %x) is not on the curve", p.X, p.Y)
		}
		if err := off(s, "y + 1", p.X, new(big.Int).Add(p.Y, bigInt(1))); err != nil {
			return err
		}
	}
	return nil
}
