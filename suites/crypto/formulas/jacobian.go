package formulas

import "math/big"

// jacobian is (X/Z², Y/Z³); Z zero stands for infinity. It spares the inversions that affine multiplication needs.
type jacobian struct{ x, y, z element }

func (p jacobian) double() jacobian {
	if p.z.zero() || p.y.zero() {
		return jacobian{}
	}
	xx, yy, zz := p.x.mul(p.x), p.y.mul(p.y), p.z.mul(p.z)
	s := p.x.mul(yy)
	s = s.add(s)
	s = s.add(s) // 4xy²
	m := xx.add(xx).add(xx).add(elementA.mul(zz.mul(zz)))
	x := m.mul(m).sub(s).sub(s)
	y4 := yy.mul(yy)
	y4 = y4.add(y4)
	y4 = y4.add(y4)
	y4 = y4.add(y4) // 8y⁴
	z := p.y.mul(p.z)
	return jacobian{x, m.mul(s.sub(x)).sub(y4), z.add(z)}
}

func (p jacobian) add(q affine) jacobian {
	if p.z.zero() {
		return jacobian{q.x, q.y, one}
	}
	zz := p.z.mul(p.z)
	h := q.x.mul(zz).sub(p.x)
	r := q.y.mul(zz.mul(p.z)).sub(p.y)
	if h.zero() {
		if r.zero() {
			return p.double()
		}
		return jacobian{}
	}
	hh := h.mul(h)
	hhh := h.mul(hh)
	v := p.x.mul(hh)
	x := r.mul(r).sub(hhh).sub(v).sub(v)
	return jacobian{x, r.mul(v.sub(x)).sub(p.y.mul(hhh)), p.z.mul(h)}
}

func (p jacobian) point() Point {
	if p.z.zero() {
		return O
	}
	inverse := toElement(new(big.Int).ModInverse(p.z.int(), P))
	ii := inverse.mul(inverse)
	return Point{p.x.mul(ii).int(), p.y.mul(ii.mul(inverse)).int()}
}

// affine is a point that is not at infinity.
type affine struct{ x, y element }

func (p Point) affine() affine { return affine{toElement(p.X), toElement(p.Y)} }
