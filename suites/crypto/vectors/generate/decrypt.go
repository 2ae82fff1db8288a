package main

import (
	"crypto/subtle"
	"maps"
	"math/big"
	"slices"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// decryptFile collects vectors of SM2 decryption with one key.
type decryptFile struct {
	*file
	d    *big.Int
	pub  formulas.Point
	msg  []byte
	base formulas.Ciphertext
}

func adversarialDecrypt() *file {
	f := decryptFile{file: newFile("SM2-DECRYPT", "sm2_decrypt_test_schema.json", "Ciphertexts that a decrypter of SM2 must tell right."),
		d: scalar("decrypt key"), msg: []byte("encryption standard")}
	f.Notes = decryptNotes
	f.pub = formulas.G.Mul(f.d)
	f.base = f.sealed(f.pub, f.msg, scalar("decrypt nonce"))
	f.ordinary()
	f.rare()
	f.flips()
	f.points()
	f.prefixes()
	f.encodings()
	f.truncations()
	return f.file
}

func (f *decryptFile) sealed(pub formulas.Point, msg []byte, k *big.Int) formulas.Ciphertext {
	c, err := formulas.Encrypt(pub, msg, k)
	must(err == nil, "encrypt")
	return c
}

// sealedTo returns a ciphertext for a point of the sender's choice, which a subject without checks would decrypt.
func (f *decryptFile) sealedTo(c1 formulas.Point, msg []byte) formulas.Ciphertext {
	shared := c1.Mul(f.d).Bytes()[1:]
	c := formulas.Ciphertext{C1: c1.Bytes(), C2: make([]byte, len(msg))}
	subtle.XORBytes(c.C2, msg, formulas.KDF(shared, len(msg)))
	check := formulas.SM3(cat(shared[:32], msg, shared[32:]))
	c.C3 = check[:]
	return c
}

func laid(c formulas.Ciphertext, layout string) []byte {
	switch layout {
	case "C1C3C2":
		return cat(c.C1, c.C3, c.C2)
	case "C1C2C3":
		return cat(c.C1, c.C2, c.C3)
	default:
		return asn1Cipher(c)
	}
}

func asn1Cipher(c formulas.Ciphertext) []byte {
	return sequence(integer(number(c.C1[1:33])), integer(number(c.C1[33:])), octets(c.C3), octets(c.C2))
}

var layouts = []string{"C1C3C2", "C1C2C3", "ASN.1"}

// put adds a vector for a layout.
func (f *decryptFile) put(result vectors.Result, flag, comment, layout string, msg, ct []byte) {
	f.add(result, flag, comment+" as "+layout, "d", pad(f.d), "layout", layout, "msg", msg, "ct", ct)
}

// each adds a vector in every layout.
func (f *decryptFile) each(result vectors.Result, flag, comment string, msg []byte, c formulas.Ciphertext) {
	for _, layout := range layouts {
		f.put(result, flag, comment, layout, msg, laid(c, layout))
	}
}

func (f *decryptFile) ordinary() {
	f.each(vectors.Valid, "Ordinary", "the ciphertext that the others are made from", f.msg, f.base)
	for _, n := range []int{8, 31, 32, 33, 63, 64, 65, 255, 256, 1000} {
		msg := counting(n)
		f.each(vectors.Valid, "Ordinary", "message of "+itoa(n)+" bytes", msg, f.sealed(f.pub, msg, scalar("ordinary "+itoa(n))))
	}
	for _, key := range []*big.Int{big.NewInt(1), big.NewInt(2), minus(formulas.N, big.NewInt(2)), minus(formulas.N, big.NewInt(3))} {
		c := f.sealed(formulas.G.Mul(key), f.msg, scalar("edge"))
		f.add(vectors.Valid, "EdgeKey", "private key "+key.Text(16), "d", pad(key), "layout", "C1C3C2", "msg", f.msg, "ct", laid(c, "C1C3C2"))
	}
	other := f.sealed(formulas.G.Mul(scalar("someone")), f.msg, scalar("decrypt nonce"))
	f.each(vectors.Invalid, "WrongKey", "ciphertext to another key", f.msg, other)
}

// rare searches for random numbers that occur once in hundreds of uniform tries.
func (f *decryptFile) rare() {
	wants := map[string]func(c1, shared []byte) bool{
		"x of C1 begins with a zero byte":               func(c1, _ []byte) bool { return c1[0] == 0 },
		"y of C1 begins with a zero byte":               func(c1, _ []byte) bool { return c1[32] == 0 },
		"x of the shared point begins with a zero byte": func(_, s []byte) bool { return s[0] == 0 },
		"y of the shared point begins with a zero byte": func(_, s []byte) bool { return s[32] == 0 },
	}
	for _, name := range slices.Sorted(maps.Keys(wants)) {
		k := f.search(name, wants[name])
		f.each(vectors.Valid, "LeadingZero", name, f.msg, f.sealed(f.pub, f.msg, k))
	}
	k := f.search("zero mask", func(_, shared []byte) bool { return formulas.KDF(shared, 1)[0] == 0 })
	shared := f.pub.Mul(k).Bytes()[1:]
	check := formulas.SM3(cat(shared[:32], []byte{'x'}, shared[32:]))
	f.each(vectors.Invalid, "ZeroMask", "one byte whose mask is zero", []byte{'x'}, formulas.Ciphertext{C1: formulas.G.Mul(k).Bytes(), C2: []byte{'x'}, C3: check[:]})
	empty := formulas.SM3(shared)
	f.each(vectors.Acceptable, "EmptyMessage", "empty message", nil, formulas.Ciphertext{C1: formulas.G.Mul(k).Bytes(), C3: empty[:]})
}

// search returns the first random number from the label's on whose C1 and shared point satisfy the condition.
func (f *decryptFile) search(label string, want func(c1, shared []byte) bool) *big.Int {
	k := scalar(label)
	c1, shared := formulas.G.Mul(k), f.pub.Mul(k)
	for !want(c1.Bytes()[1:], shared.Bytes()[1:]) {
		k.Add(k, big.NewInt(1))
		c1, shared = c1.Add(formulas.G), shared.Add(f.pub)
	}
	return k
}

func (f *decryptFile) flips() {
	for i := range 32 {
		c := f.base
		c.C3 = flipped(c.C3, 8*i+i%8)
		f.put(vectors.Invalid, "WrongC3", "bit "+itoa(8*i+i%8)+" of C3 inverted", "C1C3C2", f.msg, laid(c, "C1C3C2"))
	}
	for i := range f.msg {
		c := f.base
		c.C2 = flipped(c.C2, 8*i+i%8)
		f.put(vectors.Invalid, "WrongC2", "bit "+itoa(8*i+i%8)+" of C2 inverted", "C1C3C2", f.msg, laid(c, "C1C3C2"))
	}
	c := f.base
	c.C3 = flipped(c.C3, 255)
	f.put(vectors.Invalid, "WrongC3", "last bit of C3 inverted", "C1C2C3", f.msg, laid(c, "C1C2C3"))
	f.put(vectors.Invalid, "WrongC3", "last bit of C3 inverted", "ASN.1", f.msg, laid(c, "ASN.1"))
	f.put(vectors.Invalid, "OtherLayout", "laid out as C1C2C3, read", "C1C3C2", f.msg, laid(f.base, "C1C2C3"))
	f.put(vectors.Invalid, "OtherLayout", "laid out as C1C3C2, read", "C1C2C3", f.msg, laid(f.base, "C1C3C2"))
	f.put(vectors.Invalid, "OtherLayout", "laid out as C1C3C2, read", "ASN.1", f.msg, laid(f.base, "C1C3C2"))
	f.put(vectors.Invalid, "OtherLayout", "laid out as ASN.1, read", "C1C3C2", f.msg, laid(f.base, "ASN.1"))
}

func flipped(b []byte, bit int) []byte {
	c := cat(b)
	c[bit/8] ^= 0x80 >> (bit % 8)
	return c
}

func (f *decryptFile) points() {
	points := offCurve()
	for _, name := range slices.Sorted(maps.Keys(points)) {
		f.each(vectors.Invalid, "OffCurve", "C1 "+name, f.msg, f.sealedTo(points[name], f.msg))
	}
	f.each(vectors.Invalid, "Infinity", "C1 = 0, 0: made without the public key", f.msg, f.sealedTo(formulas.O, f.msg))
	c := f.sealedTo(formulas.O, f.msg)
	c.C1 = []byte{0}
	f.put(vectors.Invalid, "Infinity", "C1 = 00, the encoding of infinity", "C1C3C2", f.msg, laid(c, "C1C3C2"))
	for start := int64(1); start < 40; start += 13 {
		small := smallX(start)
		c := f.sealedTo(small, f.msg)
		c.C1 = cat([]byte{4}, pad(plus(small.X, formulas.P)), pad(small.Y))
		f.each(vectors.Invalid, "CoordinateOverP", "x + p for x = "+small.X.String(), f.msg, c)
	}
}

func (f *decryptFile) prefixes() {
	for _, prefix := range []byte{0x00, 0x01, 0x02, 0x03, 0x05, 0x08, 0x14, 0x40, 0x84, 0xff} {
		for _, layout := range layouts[:2] {
			ct := laid(f.base, layout)
			ct[0] = prefix
			f.put(vectors.Invalid, "WrongPrefix", "64 bytes of coordinates behind "+hexByte(prefix), layout, f.msg, ct)
		}
	}
	hybrid := 6 + f.base.C1[64]&1
	for _, prefix := range []byte{6, 7} {
		result, flag := vectors.Acceptable, "HybridPoint"
		if prefix != hybrid {
			result, flag = vectors.Invalid, "WrongPrefix"
		}
		ct := laid(f.base, "C1C3C2")
		ct[0] = prefix
		f.put(result, flag, "hybrid point behind "+hexByte(prefix), "C1C3C2", f.msg, ct)
	}
	compressed := f.base
	compressed.C1 = cat([]byte{2 + f.base.C1[64]&1}, f.base.C1[1:33])
	f.put(vectors.Acceptable, "CompressedPoint", "compressed C1", "C1C3C2", f.msg, laid(compressed, "C1C3C2"))
	compressed.C1 = cat([]byte{2}, pad(f.offX()))
	f.put(vectors.Invalid, "CompressedOffCurve", "compressed C1 whose x has no point", "C1C3C2", f.msg, laid(compressed, "C1C3C2"))
}

// offX returns an x for which the curve has no point.
func (f *decryptFile) offX() *big.Int {
	x := scalar("no point")
	for root(x, formulas.B) != nil {
		x.Add(x, big.NewInt(1))
	}
	return x
}

func hexByte(b byte) string {
	return string([]byte{"0123456789abcdef"[b>>4], "0123456789abcdef"[b&15]})
}

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
