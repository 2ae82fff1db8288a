package formulas

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// element is an integer modulo P, times 2^256, in four words, the lowest first: a product is then reduced without a division
// (Montgomery 1985). A multiple of a point takes thousands of products. With math/big it took ten times as long, which was most of
// the suite's time under an emulator.
type element [4]uint64

var (
	words    = split(P)
	one      = toElement(big.NewInt(1))
	elementA = toElement(A)
)

// split returns n, below 2^256, in words.
func split(n *big.Int) (w element) {
	var b [32]byte
	n.FillBytes(b[:])
	for i := range w {
		w[i] = binary.BigEndian.Uint64(b[24-8*i:])
	}
	return w
}

func toElement(n *big.Int) element {
	shifted := new(big.Int).Lsh(n, 256)
	return split(shifted.Mod(shifted, P))
}

// int returns the integer that e stands for.
func (e element) int() *big.Int {
	e = e.mul(element{1})
	var b [32]byte
	for i, w := range e {
		binary.BigEndian.PutUint64(b[24-8*i:], w)
	}
	return new(big.Int).SetBytes(b[:])
}

func (e element) zero() bool { return e == element{} }

// mul returns e·f/2^256 modulo P, which is the product where both are times 2^256. Word by word, e·f grows by the multiple of P
// that clears its lowest word, which is then dropped; the multiple is that word itself, because P is −1 modulo 2^64.
func (e element) mul(f element) element {
	var t0, t1, t2, t3, top uint64
	for _, w := range f {
		var carry, over uint64
		t0, carry = multiplyAdd(e[0], w, t0, 0)
		t1, carry = multiplyAdd(e[1], w, t1, carry)
		t2, carry = multiplyAdd(e[2], w, t2, carry)
		t3, carry = multiplyAdd(e[3], w, t3, carry)
		top, over = bits.Add64(top, carry, 0)
		m := t0
		_, carry = multiplyAdd(m, words[0], t0, 0)
		t0, carry = multiplyAdd(m, words[1], t1, carry)
		t1, carry = multiplyAdd(m, words[2], t2, carry)
		t2, carry = multiplyAdd(m, words[3], t3, carry)
		t3, carry = bits.Add64(top, carry, 0)
		top = over + carry
	}
	return reduce(element{t0, t1, t2, t3}, top)
}

// multiplyAdd returns x·y + add + carry, in two words.
func multiplyAdd(x, y, add, carry uint64) (low, high uint64) {
	high, low = bits.Mul64(x, y)
	var c uint64
	low, c = bits.Add64(low, add, 0)
	high += c
	low, c = bits.Add64(low, carry, 0)
	return low, high + c
}

// reduce returns t + top·2^256, below 2P, modulo P.
func reduce(t element, top uint64) element {
	d, borrow := subtract(t, words)
	if top == 0 && borrow == 1 {
		return t
	}
	return d
}

func subtract(e, f element) (d element, borrow uint64) {
	for i := range d {
		d[i], borrow = bits.Sub64(e[i], f[i], borrow)
	}
	return d, borrow
}

func (e element) add(f element) element {
	var carry uint64
	for i := range e {
		e[i], carry = bits.Add64(e[i], f[i], carry)
	}
	return reduce(e, carry)
}

func (e element) sub(f element) element {
	d, borrow := subtract(e, f)
	if borrow == 1 {
		var carry uint64
		for i := range d {
			d[i], carry = bits.Add64(d[i], words[i], carry)
		}
	}
	return d
}
