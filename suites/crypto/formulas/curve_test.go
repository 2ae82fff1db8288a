package formulas

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestMul compares Mul with the chord and tangent rule in math/big.
func TestMul(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	random := func() *big.Int {
		var b [32]byte
		for i := range b {
			b[i] = byte(source.Uint32())
		}
		return new(big.Int).SetBytes(b[:])
	}
	less := func(n *big.Int, d int64) *big.Int { return new(big.Int).Sub(n, big.NewInt(d)) }
	scalars := []*big.Int{new(big.Int), big.NewInt(1), big.NewInt(2), big.NewInt(3), less(N, 2), less(N, 1), N, less(N, -1), less(N, -2), P}
	for range 4 {
		scalars = append(scalars, random())
	}
	// A point of another curve with the same A, and one of order 2 there.
	points := []Point{G, G.Neg(), G.Add(G), O, {big.NewInt(5), random()}, {big.NewInt(7), new(big.Int)}}
	for _, p := range points {
		for _, k := range scalars {
			want := O
			for i := k.BitLen() - 1; i >= 0; i-- {
				if want = want.Add(want); k.Bit(i) == 1 {
					want = want.Add(p)
				}
			}
			got := p.Mul(k)
			if got.Infinite() != want.Infinite() || !got.Infinite() && (got.X.Cmp(want.X) != 0 || got.Y.Cmp(want.Y) != 0) {
				t.Errorf("[%v](%v, %v) = (%v, %v), want (%v, %v)", k, p.X, p.Y, got.X, got.Y, want.X, want.Y)
			}
		}
	}
}

// TestElement checks products and sums of integers near the ends of words and of the field.
func TestElement(t *testing.T) {
	var values []*big.Int
	for _, bit := range []uint{0, 1, 63, 64, 96, 128, 192, 224, 255} {
		v := new(big.Int).Lsh(big.NewInt(1), bit)
		values = append(values, v, new(big.Int).Sub(v, big.NewInt(1)), new(big.Int).Sub(P, v))
	}
	mod := func(n *big.Int) *big.Int { return n.Mod(n, P) }
	for _, x := range values {
		for _, y := range values {
			e, f := toElement(x), toElement(y)
			for what, c := range map[string][2]*big.Int{
				"times": {e.mul(f).int(), mod(new(big.Int).Mul(x, y))},
				"plus":  {e.add(f).int(), mod(new(big.Int).Add(x, y))},
				"minus": {e.sub(f).int(), mod(new(big.Int).Sub(x, y))},
			} {
				if c[0].Cmp(c[1]) != 0 {
					t.Errorf("%x %s %x = %x, want %x", x, what, y, c[0], c[1])
				}
			}
		}
	}
}

func BenchmarkMul(b *testing.B) {
	p, k := G.Add(G), new(big.Int).Sub(N, big.NewInt(5))
	for b.Loop() {
		p.Mul(k)
	}
}
