package tls

import (
	"bytes"
	"encoding/asn1"
	"io"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
)

// entropyMutations are those for both sides of both protocols.
func entropyMutations() map[string]mutation {
	careless := mutation{random: func(io.Reader) io.Reader { return seeded(9) }}
	return map[string]mutation{
		"random-fails":   careless,
		"random-short":   careless,
		"random-counts":  {random: func(r io.Reader) io.Reader { return nervous{r, []byte{0, 1, 2, 3}} }},
		"random-zero":    {random: func(r io.Reader) io.Reader { return nervous{r, make([]byte, 4)} }},
		"random-repeats": {sign: fixedNonce},
	}
}

// nervous panics over bytes that begin like this.
type nervous struct {
	io.Reader
	over []byte
}

func (n nervous) Read(b []byte) (int, error) {
	count, err := n.Reader.Read(b)
	if bytes.HasPrefix(b[:count], n.over) {
		panic("planted")
	}
	return count, err
}

// fixedNonce signs with the nonce 1: s = (1 + d)^-1 (1 - r d). GB/T 32918.2-2016 §6.1.
func fixedNonce(key *sm2.PrivateKey, id, content []byte) ([]byte, error) {
	hash, err := sm2.CalculateSM2Hash(&key.PublicKey, content, id)
	if err != nil {
		return nil, err
	}
	curve, one := sm2.P256().Params(), big.NewInt(1)
	r := new(big.Int).Add(new(big.Int).SetBytes(hash), curve.Gx)
	r.Mod(r, curve.N)
	s := new(big.Int).Mul(r, key.D)
	s.Sub(one, s)
	s.Mul(s, new(big.Int).ModInverse(new(big.Int).Add(one, key.D), curve.N))
	s.Mod(s, curve.N)
	return asn1.Marshal(struct{ R, S *big.Int }{r, s})
}
