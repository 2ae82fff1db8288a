package judge

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

const pointClause = "GB/T 32918.1-2016 §4.2.8, §4.2.9"

// PointRequirements are about compressed points.
var PointRequirements = []Requirement{
	{"compress-prefix", "a compressed point begins with 02 or 03", record.Medium, pointClause, compressPrefix},
	{"compress-round-trip", "a compressed point comes back", record.High, pointClause, compressRoundTrip},
	{"decompress-standard", "the standard's encoding is read", record.High, pointClause, decompressStandard},
	{"decompress-no-point", "an x without a point is refused", record.High, pointClause, decompressNoPoint},
	{"decompress-unreduced", "x + p is refused", record.Medium, pointClause, decompressUnreduced},
	{"decompress-length", "an encoding of another length is refused", record.Medium, pointClause, decompressLength},
	{"decompress-prefix", "a byte in front that is neither 02 nor 03 is refused", record.Medium, pointClause, decompressPrefix},
}

// compressed returns the standard's compressed encoding of a point.
func compressed(p formulas.Point) []byte { return append([]byte{2 + byte(p.Y.Bit(0))}, big32(p.X)...) }

// bothParities returns a point with an even y and one with an odd y.
func bothParities(r *rand.Rand) []formulas.Point {
	p := curvePoint(r)
	return []formulas.Point{p, p.Neg()}
}

func compressPrefix(s subject.Subject, r *rand.Rand) error {
	for _, p := range bothParities(r) {
		got, err := s.Points.Compress(p.Bytes())
		if err != nil {
			return err
		}
		if !bytes.Equal(got, compressed(p)) {
			return differs("the compressed point", got, compressed(p))
		}
	}
	return nil
}

func compressRoundTrip(s subject.Subject, r *rand.Rand) error {
	for _, p := range bothParities(r) {
		short, err := s.Points.Compress(p.Bytes())
		if err != nil {
			return err
		}
		back, err := s.Points.Decompress(short)
		if err != nil || !bytes.Equal(back, p.Bytes()) {
			return fmt.Errorf("%x came back as %x (%w)", p.Bytes(), back, orNothing(err))
		}
	}
	return nil
}

func decompressStandard(s subject.Subject, r *rand.Rand) error {
	for _, p := range bothParities(r) {
		back, err := s.Points.Decompress(compressed(p))
		if err != nil || !bytes.Equal(back, p.Bytes()) {
			return fmt.Errorf("%x was read as %x (%w), want %x", compressed(p), back, orNothing(err), p.Bytes())
		}
	}
	return nil
}

func decompressRefuses(s subject.Subject, point []byte) error {
	return refused(fmt.Sprintf("decompression of %d bytes %s", len(point), short(point)), func() error {
		_, err := s.Points.Decompress(point)
		return err
	})
}

func decompressNoPoint(s subject.Subject, _ *rand.Rand) error {
	for x := bigInt(1); ; x.Add(x, bigInt(1)) {
		y := new(big.Int).Exp(x, bigInt(3), formulas.P)
		y.Add(y, new(big.Int).Mul(formulas.A, x)).Add(y, formulas.B).Mod(y, formulas.P)
		if y.ModSqrt(y, formulas.P) == nil {
			return decompressRefuses(s, append([]byte{2}, big32(x)...))
		}
	}
}

func decompressUnreduced(s subject.Subject, _ *rand.Rand) error {
	return decompressRefuses(s, append([]byte{2}, unreduced()[1:33]...))
}

func decompressLength(s subject.Subject, r *rand.Rand) error {
	whole := append(compressed(curvePoint(r)), 0)
	for _, n := range []int{0, 1, 2, 32, 34} {
		if err := decompressRefuses(s, whole[:n]); err != nil {
			return err
		}
	}
	return nil
}

func decompressPrefix(s subject.Subject, r *rand.Rand) error {
	for _, prefix := range []byte{0, 1, 4, 5, 6, 7, 0xff} {
		point := compressed(curvePoint(r))
		point[0] = prefix
		if err := decompressRefuses(s, point); err != nil {
			return err
		}
	}
	return nil
}
