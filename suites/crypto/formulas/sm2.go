package formulas

import (
	"crypto/subtle"
	"errors"
	"math/big"
)

// DefaultID is the user ID if none was agreed (GM/T 0009-2012 §10).
var DefaultID = []byte("1234567812345678")

// Digest returns e = SM3(Z ‖ msg) (GB/T 32918.2-2016 §6.1 A1 and A2).
func Digest(pub Point, id, msg []byte) [32]byte {
	z := Z(pub, id)
	return SM3(append(z[:], msg...))
}

// Z returns the hash of a user's ID, the curve and the user's public key (GB/T 32918.2-2016 §5.5); id is below 8192 bytes.
func Z(pub Point, id []byte) [32]byte {
	in := []byte{byte(len(id) * 8 >> 8), byte(len(id) * 8)}
	in = append(in, id...)
	for _, n := range []*big.Int{A, B, G.X, G.Y, pub.X, pub.Y} {
		in = append(in, n.FillBytes(make([]byte, 32))...)
	}
	return SM3(in)
}

// Sign returns the signature of the digest e under the private key d with the random number k (GB/T 32918.2-2016 §6.1).
// It returns an error for values of k that the standard discards.
func Sign(d *big.Int, e []byte, k *big.Int) (r, s *big.Int, err error) {
	r = new(big.Int).SetBytes(e)
	r.Add(r, G.Mul(k).X).Mod(r, N)
	if r.Sign() == 0 || new(big.Int).Add(r, k).Cmp(N) == 0 {
		return nil, nil, errors.New("k gives r = 0 or r + k = n")
	}
	s = new(big.Int).Mul(r, d)
	s.Sub(k, s)
	s.Mul(s, new(big.Int).ModInverse(new(big.Int).Add(d, big.NewInt(1)), N)).Mod(s, N)
	if s.Sign() == 0 {
		return nil, nil, errors.New("k gives s = 0")
	}
	return r, s, nil
}

// Verify returns an error if r and s are not a signature of the digest e (GB/T 32918.2-2016 §7.1).
func Verify(pub Point, e []byte, r, s *big.Int) bool {
	if r.Sign() <= 0 || r.Cmp(N) >= 0 || s.Sign() <= 0 || s.Cmp(N) >= 0 || !pub.On(B) {
		return false
	}
	t := new(big.Int).Add(r, s)
	if t.Mod(t, N).Sign() == 0 {
		return false
	}
	sum := G.Mul(s).Add(pub.Mul(t))
	if sum.Infinite() {
		return false
	}
	x := new(big.Int).SetBytes(e)
	return x.Add(x, sum.X).Mod(x, N).Cmp(r) == 0
}

// Ciphertext of GB/T 32918.4-2016 in its parts: the point C1, the masked plaintext C2, the check value C3.
type Ciphertext struct {
	C1     []byte // 65 bytes, uncompressed
	C2, C3 []byte
}

// Encrypt msg to pub with the random number k (GB/T 32918.4-2016 §6.1). It returns an error for a k whose mask is all zero.
func Encrypt(pub Point, msg []byte, k *big.Int) (Ciphertext, error) {
	shared := pub.Mul(k).Bytes()[1:]
	mask := KDF(shared, len(msg))
	if len(msg) == 0 || zero(mask) {
		return Ciphertext{}, errors.New("k gives an all-zero mask")
	}
	c := Ciphertext{C1: G.Mul(k).Bytes(), C2: make([]byte, len(msg))}
	subtle.XORBytes(c.C2, msg, mask)
	check := SM3(concat(shared[:32], msg, shared[32:]))
	c.C3 = check[:]
	return c, nil
}

// Decrypt c under the private key d (GB/T 32918.4-2016 §7.1).
func Decrypt(d *big.Int, c Ciphertext) ([]byte, error) {
	p, err := ParsePoint(c.C1)
	if err != nil {
		return nil, err
	}
	shared := p.Mul(d).Bytes()[1:]
	mask := KDF(shared, len(c.C2))
	if zero(mask) {
		return nil, errors.New("all-zero mask")
	}
	msg := make([]byte, len(c.C2))
	subtle.XORBytes(msg, c.C2, mask)
	if check := SM3(concat(shared[:32], msg, shared[32:])); subtle.ConstantTimeCompare(check[:], c.C3) != 1 {
		return nil, errors.New("check value differs")
	}
	return msg, nil
}

// ParsePoint reads an uncompressed point and checks that it lies on the curve.
func ParsePoint(b []byte) (Point, error) {
	if len(b) != 65 || b[0] != 4 {
		return O, errors.New("not an uncompressed point")
	}
	p := Point{new(big.Int).SetBytes(b[1:33]), new(big.Int).SetBytes(b[33:])}
	if !p.On(B) {
		return O, errors.New("not on the curve")
	}
	return p, nil
}

func zero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

func concat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Party is one side of a key exchange (GB/T 32918.3-2016 §6.1): its own secrets and the other side's public values.
type Party struct {
	Initiator           bool
	Key, Ephemeral      *big.Int
	Peer, PeerEphemeral Point
	ID, PeerID          []byte
}

// Agreement is the result of a key exchange: the key, and the check values S1 = S_B and S2 = S_A.
type Agreement struct{ Key, S1, S2 []byte }

// Exchange does p's half of the key exchange, and derives a key of length bytes.
func (p Party) Exchange(length int) (Agreement, error) {
	own, ownEphemeral := G.Mul(p.Key), G.Mul(p.Ephemeral)
	if !p.Peer.On(B) || !p.PeerEphemeral.On(B) {
		return Agreement{}, errors.New("not on the curve")
	}
	v := p.Shared()
	if v.Infinite() {
		return Agreement{}, errors.New("shared point at infinity")
	}
	za, zb, ra, rb := Z(own, p.ID), Z(p.Peer, p.PeerID), ownEphemeral, p.PeerEphemeral
	if !p.Initiator {
		za, zb, ra, rb = zb, za, rb, ra
	}
	shared := v.Bytes()[1:]
	inner := SM3(concat(shared[:32], za[:], zb[:], ra.Bytes()[1:], rb.Bytes()[1:]))
	s1 := SM3(concat([]byte{2}, shared[32:], inner[:]))
	s2 := SM3(concat([]byte{3}, shared[32:], inner[:]))
	return Agreement{KDF(concat(shared, za[:], zb[:]), length), s1[:], s2[:]}, nil
}

// Shared returns the point V that both sides compute (steps A6 and B5).
func (p Party) Shared() Point {
	t := new(big.Int).Mul(reduced(G.Mul(p.Ephemeral).X), p.Ephemeral)
	t.Add(t, p.Key).Mod(t, N)
	return p.Peer.Add(p.PeerEphemeral.Mul(reduced(p.PeerEphemeral.X))).Mul(t)
}

// reduced returns 2^w + (x mod 2^w) with w = 127.
func reduced(x *big.Int) *big.Int {
	w := new(big.Int).Lsh(big.NewInt(1), 127)
	return new(big.Int).Add(w, new(big.Int).Mod(x, w))
}
