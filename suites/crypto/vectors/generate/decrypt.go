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
