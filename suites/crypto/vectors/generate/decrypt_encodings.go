package main

import (
	"math/big"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

func (f *decryptFile) encodings() {
	x, y := number(f.base.C1[1:33]), number(f.base.C1[33:])
	ix, iy, h, m := integer(x), integer(y), octets(f.base.C3), octets(f.base.C2)
	whole := sequence(ix, iy, h, m)
	body := cat(ix, iy, h, m)
	lead := func(i []byte) []byte { return tlv(2, cat([]byte{0}, i[2:])) }
	small := smallX(1)
	over := f.sealedTo(small, f.msg)
	for _, c := range []struct {
		flag, comment string
		ct            []byte
	}{
		{"TrailingBytes", "one zero byte behind", cat(whole, []byte{0})},
		{"TrailingBytes", "a NULL behind", cat(whole, []byte{5, 0})},
		{"TrailingElement", "a NULL inside", sequence(ix, iy, h, m, []byte{5, 0})},
		{"TrailingElement", "a fifth OCTET STRING inside", sequence(ix, iy, h, m, octets(nil))},
		{"Negative", "-x, whose magnitude is x", sequence(integer(new(big.Int).Neg(x)), iy, h, m)},
		{"Negative", "-y, whose magnitude is y", sequence(ix, integer(new(big.Int).Neg(y)), h, m)},
		{"Negative", "x - p", sequence(integer(minus(x, formulas.P)), iy, h, m)},
		{"NonMinimal", "x with a leading zero byte", sequence(lead(ix), iy, h, m)},
		{"NonMinimal", "y with a leading zero byte", sequence(ix, lead(iy), h, m)},
		{"WideCoordinate", "x of 33 bytes", sequence(integer(plus(x, new(big.Int).Lsh(big.NewInt(1), 256))), iy, h, m)},
		{"WideCoordinate", "x of 64 bytes, y empty", sequence(tlv(2, cat([]byte{0}, f.base.C1[1:])), integer(new(big.Int)), h, m)},
		{"WideCoordinate", "x + p as INTEGER", sequence(integer(plus(small.X, formulas.P)), integer(small.Y), octets(over.C3), octets(over.C2))},
		{"HashLength", "C3 of 33 bytes with the first of C2", sequence(ix, iy, octets(cat(f.base.C3, f.base.C2[:1])), octets(f.base.C2[1:]))},
		{"HashLength", "C3 of 31 bytes, its last before C2", sequence(ix, iy, octets(f.base.C3[:31]), octets(cat(f.base.C3[31:], f.base.C2)))},
		{"HashLength", "C3 empty, all in C2", sequence(ix, iy, octets(nil), octets(cat(f.base.C3, f.base.C2)))},
		{"HashLength", "C2 empty, all in C3", sequence(ix, iy, octets(cat(f.base.C3, f.base.C2)), octets(nil))},
		{"HashLength", "C3 empty, C2 empty", sequence(ix, iy, octets(nil), octets(nil))},
		{"Order", "C2 before C3", sequence(ix, iy, m, h)},
		{"BER", "the sequence's length in three bytes", cat([]byte{0x30, 0x82, 0, byte(len(body))}, body)},
		{"BER", "indefinite length", cat([]byte{0x30, 0x80}, body, []byte{0, 0})},
		{"BER", "constructed OCTET STRING", sequence(ix, iy, tlv(0x24, h), m)},
		{"WrongTag", "a SET", tlv(0x31, body)},
		{"WrongTag", "x as OCTET STRING", sequence(tlv(4, ix[2:]), iy, h, m)},
		{"WrongTag", "C3 as BIT STRING", sequence(ix, iy, tlv(3, f.base.C3), m)},
		{"WrongTag", "C2 as UTF8String", sequence(ix, iy, h, tlv(12, f.base.C2))},
		{"WrongLength", "C2 missing", sequence(ix, iy, h)},
		{"WrongLength", "an empty sequence", sequence()},
		{"WrongLength", "the sequence one too long", cat([]byte{0x30, byte(len(body) + 1)}, body)},
		{"WrongLength", "a length of 2^31", cat([]byte{0x30, 0x84, 0x80, 0, 0, 0}, body)},
		{"WrongLength", "x empty", sequence([]byte{2, 0}, iy, h, m)},
	} {
		f.put(vectors.Invalid, "ASN1"+c.flag, c.comment, "ASN.1", f.msg, c.ct)
	}
}

// truncations adds the ciphertext cut at every length, in every layout. The key is short, since some subjects multiply faster with
// short numbers, and its length makes no difference here.
func (f *decryptFile) truncations() {
	key := new(big.Int).Rsh(scalar("truncation key"), 240)
	c := f.sealed(formulas.G.Mul(key), f.msg, scalar("decrypt nonce"))
	for _, layout := range layouts {
		ct := laid(c, layout)
		for n := range len(ct) {
			f.add(vectors.Invalid, "Truncated", "the first "+itoa(n)+" bytes as "+layout, "d", pad(key), "layout", layout, "msg", f.msg, "ct", ct[:n])
		}
	}
}

const (
	decryptClause = "GB/T 32918.4-2016 §7.1"
	cipherClause  = "GB/T 35276-2017 §7.2"
)

var decryptNotes = map[string]vectors.Note{
	"Ordinary":            note("BASIC", "critical", decryptClause, "A valid ciphertext."),
	"EdgeKey":             note("EDGE_CASE", "medium", "GB/T 32918.1-2016 §6.1", "A valid ciphertext to a key at an end of its range [1, n-2]."),
	"WrongKey":            note("AUTH_BYPASS", "critical", decryptClause+" B6", "A ciphertext to another key."),
	"LeadingZero":         note("EDGE_CASE", "high", "GB/T 32918.1-2016 §4.2.6", "A coordinate that begins with a zero byte, as one in 256 does."),
	"ZeroMask":            note("MISSING_STEP", "medium", decryptClause+" B4", "The mask is all zero: the ciphertext is the plaintext."),
	"EmptyMessage":        note("EDGE_CASE", "low", decryptClause, "The standard does not say whether a message may be empty."),
	"WrongC3":             note("AUTH_BYPASS", "critical", decryptClause+" B6", "The check value is wrong."),
	"WrongC2":             note("AUTH_BYPASS", "critical", decryptClause+" B6", "The plaintext was tampered with."),
	"OtherLayout":         note("MISSING_STEP", "low", decryptClause, "Laid out in another way than asked for."),
	"OffCurve":            {BugType: "KEY_RECOVERY", Severity: "critical", Clause: decryptClause + " B1", Description: "C1 is not on the curve. Answers to points of small order give the private key away, residue by residue.", CVEs: []string{"CVE-2026-23966"}},
	"Infinity":            note("AUTH_BYPASS", "high", decryptClause+" B1, B2", "C1 stands for infinity: the ciphertext needs no public key."),
	"CoordinateOverP":     note("MISSING_STEP", "medium", "GB/T 32918.1-2016 §4.2.9", "A coordinate that is not reduced: a second encoding of the same point."),
	"WrongPrefix":         note("MISSING_STEP", "high", "GB/T 32918.1-2016 §4.2.9", "The byte that says how the point is encoded is wrong."),
	"HybridPoint":         note("EDGE_CASE", "low", "GB/T 32918.1-2016 §4.2.8", "A hybrid point, which the standard has and hardly anybody uses."),
	"CompressedPoint":     note("EDGE_CASE", "low", "GB/T 32918.1-2016 §4.2.8", "A compressed point, which the standard has."),
	"CompressedOffCurve":  note("MISSING_STEP", "medium", "GB/T 32918.1-2016 §4.2.10", "A compressed point that does not exist."),
	"Truncated":           note("DENIAL_OF_SERVICE", "high", decryptClause, "A ciphertext cut off."),
	"ASN1TrailingBytes":   note("CIPHERTEXT_MALLEABILITY", "medium", cipherClause, "Bytes behind the ciphertext."),
	"ASN1TrailingElement": note("CIPHERTEXT_MALLEABILITY", "medium", cipherClause, "A fifth element in the sequence."),
	"ASN1Negative":        note("CIPHERTEXT_MALLEABILITY", "medium", cipherClause, "A negative coordinate."),
	"ASN1NonMinimal":      note("BER_ENCODING", "medium", cipherClause, "An INTEGER with a needless leading byte."),
	"ASN1WideCoordinate":  note("MISSING_STEP", "medium", cipherClause, "A coordinate outside the field."),
	"ASN1HashLength":      note("CIPHERTEXT_MALLEABILITY", "medium", cipherClause, "A check value that has not 32 bytes."),
	"ASN1Order":           note("MISSING_STEP", "medium", cipherClause, "Elements out of order."),
	"ASN1BER":             note("BER_ENCODING", "medium", cipherClause, "BER that is not DER."),
	"ASN1WrongTag":        note("MISSING_STEP", "medium", cipherClause, "Another type where the structure has one."),
	"ASN1WrongLength":     note("MISSING_STEP", "medium", cipherClause, "A length that does not fit."),
}
