package main

import (
	"bytes"
	"math/big"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// envelope is an SM2EnvelopedKey of GB/T 35276-2017 §7.4 in its parts, each of which may be wrong in a vector.
type envelope struct {
	algorithm []byte // AlgorithmIdentifier, DER
	sealed    []byte // SM2Cipher of the symmetric key, DER
	public    []byte // of the enveloped key: content of the BIT STRING
	private   []byte // the enveloped key under the symmetric key: content of the BIT STRING
}

func (e envelope) parts() [][]byte {
	return [][]byte{e.algorithm, e.sealed, tlv(3, cat([]byte{0}, e.public)), tlv(3, cat([]byte{0}, e.private))}
}

func (e envelope) der() []byte { return sequence(e.parts()...) }

// Object identifiers in DER: SM4 1.2.156.10197.1.104, and in its modes .1 (ECB) and .2 (CBC); SM3 1.2.156.10197.1.401;
// AES-128-ECB 2.16.840.1.101.3.4.1.1.
var (
	oidSM4    = []byte{6, 7, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x68}
	oidSM4ECB = []byte{6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x68, 1}
	oidSM4CBC = []byte{6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x68, 2}
	oidSM3    = []byte{6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x11}
	oidAES    = []byte{6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 1}
	null      = []byte{5, 0}
)

// envelopeFile collects envelopes for one recipient.
type envelopeFile struct {
	*file
	d   *big.Int
	key *big.Int // the enveloped key of most vectors
	sym []byte
}

func adversarialEnvelope() *file {
	f := envelopeFile{file: newFile("SM2-ENVELOPED-KEY", "sm2_enveloped_test_schema.json", "Enveloped private keys that a reader must tell right."),
		d: scalar("envelope recipient"), key: scalar("enveloped key"), sym: counting(16)}
	f.Notes = envelopeNotes
	f.ordinary()
	f.algorithms()
	f.publics()
	f.privates()
	f.symmetric()
	f.encodings()
	whole := f.base().der()
	for n := range whole {
		f.put(vectors.Invalid, "Truncated", "the first "+itoa(n)+" bytes", f.key, whole[:n])
	}
	return f.file
}

// sealed returns the symmetric key, encrypted for the recipient.
func (f *envelopeFile) sealed(sym []byte) []byte {
	c, err := formulas.Encrypt(formulas.G.Mul(f.d), sym, scalar("envelope nonce"))
	must(err == nil, "envelope")
	return asn1Cipher(c)
}

// under returns whole blocks, encrypted with SM4-ECB.
func under(sym, msg []byte) []byte {
	var out []byte
	for ; len(msg) >= 16; msg = msg[16:] {
		block := formulas.SM4(sym, msg[:16], false)
		out = append(out, block[:]...)
	}
	return out
}

// around returns a right envelope with a key.
func (f *envelopeFile) around(key *big.Int) envelope {
	return envelope{sequence(oidSM4ECB, null), f.sealed(f.sym), formulas.G.Mul(key).Bytes(), under(f.sym, pad(key))}
}

func (f *envelopeFile) base() envelope { return f.around(f.key) }

func (f *envelopeFile) put(result vectors.Result, flag, comment string, key *big.Int, der []byte) {
	f.add(result, flag, comment, "d", pad(f.d), "key", pad(key), "der", der)
}

func (f *envelopeFile) ordinary() {
	f.put(vectors.Valid, "Ordinary", "the envelope that the others are made from", f.key, f.base().der())
	other := scalar("another enveloped key")
	f.put(vectors.Valid, "Ordinary", "an envelope of another key", other, f.around(other).der())
	for _, key := range []*big.Int{big.NewInt(1), big.NewInt(2), minus(formulas.N, big.NewInt(2))} {
		f.put(vectors.Valid, "EdgeKey", "the key "+key.Text(16), key, f.around(key).der())
	}
	short := new(big.Int).Rsh(f.key, 24)
	f.put(vectors.Valid, "LeadingZero", "a key that begins with three zero bytes", short, f.around(short).der())
	stranger := f.base()
	c, err := formulas.Encrypt(formulas.G.Mul(scalar("stranger")), f.sym, scalar("envelope nonce"))
	must(err == nil, "envelope")
	stranger.sealed = asn1Cipher(c)
	f.put(vectors.Invalid, "WrongRecipient", "sealed to another recipient", f.key, stranger.der())
}

func (f *envelopeFile) algorithms() {
	for _, c := range []struct {
		result                vectors.Result
		flag, comment         string
		algorithm, parameters []byte
	}{
		{vectors.Acceptable, "AlgorithmForm", "SM4 without a mode", oidSM4, null},
		{vectors.Acceptable, "AlgorithmForm", "SM4-ECB without parameters", oidSM4ECB, nil},
		{vectors.Invalid, "WrongAlgorithm", "SM4-CBC without an initialisation vector", oidSM4CBC, null},
		{vectors.Invalid, "WrongAlgorithm", "AES-128-ECB", oidAES, null},
		{vectors.Invalid, "WrongAlgorithm", "SM3", oidSM3, null},
		{vectors.Invalid, "WrongAlgorithm", "no algorithm", nil, nil},
	} {
		e := f.base()
		e.algorithm = sequence(c.algorithm, c.parameters)
		f.put(c.result, c.flag, c.comment, f.key, e.der())
	}
}

// publics adds envelopes with a wrong public key.
func (f *envelopeFile) publics() {
	own := formulas.G.Mul(f.key)
	for _, c := range []struct {
		result        vectors.Result
		flag, comment string
		public        []byte
	}{
		{vectors.Invalid, "WrongPublicKey", "another public key", formulas.G.Mul(scalar("someone")).Bytes()},
		{vectors.Invalid, "WrongPublicKey", "the public key of n - d", own.Neg().Bytes()},
		{vectors.Invalid, "WrongPublicKey", "the recipient's public key", formulas.G.Mul(f.d).Bytes()},
		{vectors.Invalid, "PublicOffCurve", "y one too large", formulas.Point{X: own.X, Y: plus(own.Y, big.NewInt(1))}.Bytes()},
		{vectors.Invalid, "PublicOffCurve", "0, 0", make([]byte, 65)},
		{vectors.Invalid, "PublicOffCurve", "the encoding of infinity", []byte{0}},
		{vectors.Invalid, "PublicOffCurve", "no bytes", nil},
		{vectors.Invalid, "PublicOffCurve", "64 bytes of coordinates alone", own.Bytes()[1:]},
		{vectors.Acceptable, "PublicCompressed", "a compressed public key", cat([]byte{2 + byte(own.Y.Bit(0))}, pad(own.X))},
	} {
		e := f.base()
		e.public = c.public
		f.put(c.result, c.flag, c.comment, f.key, e.der())
	}
}

// privates adds envelopes with a wrong private key.
func (f *envelopeFile) privates() {
	for _, key := range []*big.Int{new(big.Int), minus(formulas.N, big.NewInt(1)), formulas.N, plus(formulas.N, big.NewInt(1)), plus(formulas.N, big.NewInt(5))} {
		e := f.around(modN(key))
		e.private = under(f.sym, pad(key))
		f.put(vectors.Invalid, "KeyRange", "the private key "+key.Text(16)+" with its public key", key, e.der())
	}
	plain := pad(f.key)
	for _, c := range []struct {
		result        vectors.Result
		flag, comment string
		private       []byte
	}{
		{vectors.Acceptable, "KeyWidth", "32 zero bytes before the key", under(f.sym, cat(make([]byte, 32), plain))},
		{vectors.Invalid, "KeyLength", "a padded key", under(f.sym, cat(plain, bytes.Repeat([]byte{16}, 16)))},
		{vectors.Invalid, "KeyLength", "half a key", under(f.sym, plain[:16])},
		{vectors.Invalid, "KeyLength", "no key", nil},
		{vectors.Invalid, "PartialBlock", "31 bytes", under(f.sym, plain)[:31]},
		{vectors.Invalid, "PartialBlock", "33 bytes", cat(under(f.sym, plain), []byte{0})},
		{vectors.Invalid, "PartialBlock", "1 byte", []byte{0}},
		{vectors.Invalid, "Tampered", "first bit inverted", flipped(under(f.sym, plain), 0)},
		{vectors.Invalid, "Tampered", "last bit inverted", flipped(under(f.sym, plain), 255)},
		{vectors.Invalid, "Tampered", "blocks exchanged", cat(under(f.sym, plain)[16:], under(f.sym, plain)[:16])},
	} {
		e := f.base()
		e.private = c.private
		f.put(c.result, c.flag, c.comment, f.key, e.der())
	}
}

// symmetric adds envelopes with a wrong symmetric key.
func (f *envelopeFile) symmetric() {
	for _, n := range []int{1, 15, 17, 24, 32} {
		e := f.base()
		e.sealed = f.sealed(counting(n))
		f.put(vectors.Invalid, "SymmetricLength", "a symmetric key of "+itoa(n)+" bytes", f.key, e.der())
	}
	e := f.base()
	e.sealed = flipped(e.sealed, 8*len(e.sealed)-1)
	f.put(vectors.Invalid, "Tampered", "the symmetric key tampered with", f.key, e.der())
}

func (f *envelopeFile) encodings() {
	parts := f.base().parts()
	whole, body := sequence(parts...), cat(parts...)
	with := func(at int, part []byte) []byte {
		p := f.base().parts()
		p[at] = part
		return sequence(p...)
	}
	public, private := f.base().public, f.base().private
	for _, c := range []struct {
		flag, comment string
		der           []byte
	}{
		{"TrailingBytes", "one zero byte behind", cat(whole, []byte{0})},
		{"TrailingBytes", "a NULL behind", cat(whole, null)},
		{"TrailingElement", "a NULL inside", sequence(body, null)},
		{"TrailingElement", "a fifth BIT STRING inside", sequence(body, tlv(3, []byte{0}))},
		{"TrailingElement", "a NULL inside the algorithm", with(0, sequence(oidSM4ECB, null, null))},
		{"TrailingElement", "a NULL inside the sealed key", with(1, cat([]byte{0x30, parts[1][1] + 2}, parts[1][2:], null))},
		{"BER", "indefinite length", cat([]byte{0x30, 0x80}, body, []byte{0, 0})},
		{"BER", "the sequence's length in three bytes", cat([]byte{0x30, 0x83, 0, byte(len(body) >> 8), byte(len(body))}, body)},
		{"UnusedBits", "the public key with eight unused bits", with(2, tlv(3, cat([]byte{8}, public)))},
		{"UnusedBits", "the private key with four unused bits", with(3, tlv(3, cat([]byte{4}, private, []byte{0})))},
		{"WrongTag", "a SET", tlv(0x31, body)},
		{"WrongTag", "the public key as OCTET STRING", with(2, tlv(4, public))},
		{"WrongTag", "the private key as OCTET STRING", with(3, tlv(4, private))},
		{"WrongTag", "the sealed key inside an OCTET STRING", with(1, octets(parts[1]))},
		{"WrongLength", "the private key missing", sequence(parts[0], parts[1], parts[2])},
		{"WrongLength", "the algorithm missing", sequence(parts[1], parts[2], parts[3])},
		{"WrongLength", "an empty sequence", sequence()},
		{"WrongLength", "an empty BIT STRING", with(3, []byte{3, 0})},
		{"WrongLength", "a length of 2^31", cat([]byte{0x30, 0x84, 0x80, 0, 0, 0}, body)},
		{"Order", "the public key before the sealed key", sequence(parts[0], parts[2], parts[1], parts[3])},
	} {
		f.put(vectors.Invalid, c.flag, c.comment, f.key, c.der)
	}
}

const envelopeClause = "GB/T 35276-2017 §7.4"

var envelopeNotes = map[string]vectors.Note{
	"Ordinary":         note("BASIC", "critical", envelopeClause, "A valid envelope."),
	"EdgeKey":          note("EDGE_CASE", "medium", "GB/T 32918.1-2016 §6.1", "A key at an end of its range [1, n-2]."),
	"LeadingZero":      note("EDGE_CASE", "high", envelopeClause, "A key with leading zero bytes."),
	"WrongRecipient":   note("AUTH_BYPASS", "critical", envelopeClause, "An envelope to somebody else."),
	"AlgorithmForm":    note("EDGE_CASE", "low", envelopeClause, "Another way to name SM4 in ECB mode."),
	"WrongAlgorithm":   note("MISSING_STEP", "medium", envelopeClause, "Another symmetric algorithm than the key is under."),
	"WrongPublicKey":   note("AUTH_BYPASS", "high", envelopeClause, "The public key does not belong to the private one."),
	"PublicOffCurve":   note("MISSING_STEP", "high", "GB/T 32918.1-2016 §6.2.1", "The public key is no point of the curve."),
	"PublicCompressed": note("EDGE_CASE", "low", "GB/T 32918.1-2016 §4.2.8", "A compressed public key."),
	"KeyRange":         note("MISSING_STEP", "medium", "GB/T 32918.1-2016 §6.1", "A private key outside [1, n-2]."),
	"KeyWidth":         note("EDGE_CASE", "low", "GM/T 0016-2012", "A key in 64 bytes, as devices hold it."),
	"KeyLength":        note("MISSING_STEP", "medium", envelopeClause, "A private key that has not 32 bytes."),
	"PartialBlock":     note("DENIAL_OF_SERVICE", "high", envelopeClause, "What is under the symmetric key is not whole blocks."),
	"SymmetricLength":  note("MISSING_STEP", "medium", envelopeClause, "A symmetric key that SM4 does not have."),
	"Tampered":         note("AUTH_BYPASS", "high", envelopeClause, "A byte that was changed on the way."),
	"TrailingBytes":    note("SIGNATURE_MALLEABILITY", "medium", envelopeClause, "Bytes behind the envelope."),
	"TrailingElement":  note("SIGNATURE_MALLEABILITY", "medium", envelopeClause, "An element too many."),
	"BER":              note("BER_ENCODING", "medium", envelopeClause, "BER that is not DER."),
	"UnusedBits":       note("BER_ENCODING", "medium", envelopeClause, "A BIT STRING that does not end with a byte."),
	"WrongTag":         note("MISSING_STEP", "medium", envelopeClause, "Another type where the structure has one."),
	"WrongLength":      note("MISSING_STEP", "medium", envelopeClause, "A length or a number of elements that does not fit."),
	"Order":            note("MISSING_STEP", "medium", envelopeClause, "Elements out of order."),
	"Truncated":        note("DENIAL_OF_SERVICE", "high", envelopeClause, "An envelope cut off."),
}
