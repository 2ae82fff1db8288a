package subject

import (
	"bytes"
	"crypto/cipher"
	"encoding/asn1"
	"errors"
	"hash"
	"io"
	"math/big"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
)

// Formulas returns package formulas as a subject, to compare other subjects with. It is never under test.
func Formulas() Subject {
	return Subject{Name: "formulas", Hash: formulasHash{}, Block: formulasBlock{},
		Modes:     stdModes(formulasBlock{}.NewCipher),
		AEADs:     []AEAD{{Name: "GCM", Via: "cipher.NewGCM", New: stdGCM(formulasBlock{}.NewCipher)}},
		Signature: formulasSM2{}, Encryption: formulasSM2{}, Exchange: formulasSM2{}, Envelope: formulasEnvelope{}}
}

type formulasHash struct{}

func (formulasHash) Sum(msg []byte) []byte {
	digest := formulas.SM3(msg)
	return digest[:]
}

func (formulasHash) New() hash.Hash { return &wholeHash{} }

// wholeHash stores the whole message, and hashes it in Sum.
type wholeHash struct{ bytes.Buffer }

func (h *wholeHash) Sum(b []byte) []byte {
	digest := formulas.SM3(h.Bytes())
	return append(b, digest[:]...)
}
func (h *wholeHash) Size() int      { return 32 }
func (h *wholeHash) BlockSize() int { return 64 }

type formulasBlock struct{}

func (formulasBlock) NewCipher(key []byte) (cipher.Block, error) {
	if len(key) != 16 {
		return nil, errors.New("key has not 16 bytes")
	}
	return blockKey(own(key)), nil
}

type blockKey []byte

func (k blockKey) BlockSize() int { return 16 }

func (k blockKey) Encrypt(dst, src []byte) { k.crypt(dst, src, false) }
func (k blockKey) Decrypt(dst, src []byte) { k.crypt(dst, src, true) }

func (k blockKey) crypt(dst, src []byte, decrypt bool) {
	out := formulas.SM4(k, src, decrypt)
	_ = dst[15]
	copy(dst, out[:])
}

type formulasSM2 struct{}

type rs struct{ R, S *big.Int }

// parseRS parses strict DER only: bytes that its values encode to.
func parseRS(sig []byte) (rs, error) {
	var v rs
	rest, err := asn1.Unmarshal(sig, &v)
	if err != nil {
		return rs{}, err
	}
	if back, err := asn1.Marshal(v); err != nil || len(rest) > 0 || !bytes.Equal(back, sig) {
		return rs{}, errors.New("not DER")
	}
	return v, nil
}

func number(b []byte) *big.Int { return new(big.Int).SetBytes(b) }

func (r formulasSM2) Sign(key, id, msg []byte, random io.Reader) ([]byte, error) {
	nonce := make([]byte, 32)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, err
	}
	return r.SignNonce(key, id, msg, nonce)
}

func (formulasSM2) SignNonce(key, id, msg, nonce []byte) ([]byte, error) {
	if id == nil {
		id = formulas.DefaultID
	}
	d := number(key)
	e := formulas.Digest(formulas.G.Mul(d), id, msg)
	sr, s, err := formulas.Sign(d, e[:], new(big.Int).Mod(number(nonce), formulas.N))
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(rs{sr, s})
}

func (r formulasSM2) Verify(pub, id, msg, sig []byte) (bool, error) {
	if id == nil {
		id = formulas.DefaultID
	}
	p, err := formulas.ParsePoint(pub)
	if err != nil {
		return false, err
	}
	if len(id) > 8191 {
		return false, errors.New("ID of more than 8191 bytes")
	}
	e := formulas.Digest(p, id, msg)
	return r.VerifyDigest(pub, e[:], sig)
}

func (formulasSM2) VerifyDigest(pub, digest, sig []byte) (bool, error) {
	p, err := formulas.ParsePoint(pub)
	if err != nil {
		return false, err
	}
	v, err := parseRS(sig)
	if err != nil {
		return false, err
	}
	return formulas.Verify(p, digest, v.R, v.S), nil
}

type asn1Cipher struct {
	X, Y   *big.Int
	C3, C2 []byte
}

func (formulasSM2) Nonce(k []byte) io.Reader { return bytes.NewReader(k) }

func (formulasSM2) Encrypt(pub, msg []byte, layout Layout, random io.Reader) ([]byte, error) {
	p, err := formulas.ParsePoint(pub)
	if err != nil {
		return nil, err
	}
	k := make([]byte, 32)
	if _, err := io.ReadFull(random, k); err != nil {
		return nil, err
	}
	c, err := formulas.Encrypt(p, msg, new(big.Int).Mod(number(k), formulas.N))
	if err != nil {
		return nil, err
	}
	switch layout {
	case ASN1:
		return asn1.Marshal(asn1Cipher{number(c.C1[1:33]), number(c.C1[33:]), c.C3, c.C2})
	case C1C2C3:
		return bytes.Join([][]byte{c.C1, c.C2, c.C3}, nil), nil
	default:
		return bytes.Join([][]byte{c.C1, c.C3, c.C2}, nil), nil
	}
}

func (formulasSM2) Decrypt(key, ciphertext []byte, layout Layout) ([]byte, error) {
	c, err := parseCipher(ciphertext, layout)
	if err != nil {
		return nil, err
	}
	return formulas.Decrypt(number(key), c)
}

// parseCipher parses a ciphertext.
func parseCipher(b []byte, layout Layout) (formulas.Ciphertext, error) {
	if layout == ASN1 {
		var v asn1Cipher
		rest, err := asn1.Unmarshal(b, &v)
		if err != nil {
			return formulas.Ciphertext{}, err
		}
		back, err := asn1.Marshal(v)
		if err != nil || len(rest) > 0 || !bytes.Equal(back, b) || len(v.C3) != 32 || v.X.Sign() < 0 || v.Y.Sign() < 0 ||
			v.X.BitLen() > 256 || v.Y.BitLen() > 256 {
			return formulas.Ciphertext{}, errors.New("not DER of a ciphertext")
		}
		return formulas.Ciphertext{C1: formulas.Point{X: v.X, Y: v.Y}.Bytes(), C2: v.C2, C3: v.C3}, nil
	}
	if len(b) < 97 {
		return formulas.Ciphertext{}, errors.New("too short")
	}
	if layout == C1C2C3 {
		return formulas.Ciphertext{C1: b[:65], C2: b[65 : len(b)-32], C3: b[len(b)-32:]}, nil
	}
	return formulas.Ciphertext{C1: b[:65], C3: b[65:97], C2: b[97:]}, nil
}

func (formulasSM2) Agree(side Side, length int) (key, s1, s2 []byte, err error) {
	peer, err := formulas.ParsePoint(side.Peer)
	if err != nil {
		return nil, nil, nil, err
	}
	ephemeral, err := formulas.ParsePoint(side.PeerEphemeral)
	if err != nil {
		return nil, nil, nil, err
	}
	a, err := formulas.Party{Initiator: side.Initiator, Key: number(side.Key), Ephemeral: number(side.Ephemeral),
		Peer: peer, PeerEphemeral: ephemeral, ID: side.ID, PeerID: side.PeerID}.Exchange(length)
	return a.Key, a.S1, a.S2, err
}
