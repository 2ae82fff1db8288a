package main

import (
	"bytes"
	"maps"
	"math/big"
	"slices"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// verifyFile collects vectors of signature verification around one signature.
type verifyFile struct {
	*file
	d    *big.Int
	pub  formulas.Point
	msg  []byte
	r, s *big.Int
}

func adversarialVerify() *file {
	v := verifyFile{file: newFile("SM2-VERIFY", "sm2_verify_test_schema.json", "Signatures that a verifier of SM2 must tell right."),
		d: scalar("verify key"), msg: []byte("message digest")}
	v.Notes = verifyNotes
	v.pub = formulas.G.Mul(v.d)
	v.r, v.s = v.signed(v.pub, v.d, formulas.DefaultID, v.msg, "nonce")
	v.ordinary()
	v.ranges()
	v.flips()
	v.encodings()
	v.truncations()
	v.keys()
	v.ids()
	v.duplications()
	v.scalars()
	return v.file
}

// signed signs by the formulas.
func (v *verifyFile) signed(pub formulas.Point, d *big.Int, id, msg []byte, nonce string) (r, s *big.Int) {
	e := formulas.Digest(pub, id, msg)
	r, s, err := formulas.Sign(d, e[:], scalar(nonce))
	must(err == nil, "sign "+nonce)
	return r, s
}

func der(r, s *big.Int) []byte { return sequence(integer(r), integer(s)) }

// put adds a vector on the common key and message.
func (v *verifyFile) put(result vectors.Result, flag, comment string, sig []byte) {
	v.add(result, flag, comment, "public", v.pub.Bytes(), "id", formulas.DefaultID, "msg", v.msg, "sig", sig)
}

func (v *verifyFile) ordinary() {
	for _, n := range []int{1, 31, 32, 55, 56, 64, 100, 1000} {
		msg := counting(n)
		r, s := v.signed(v.pub, v.d, formulas.DefaultID, msg, "ordinary "+itoa(n))
		v.add(vectors.Valid, "Ordinary", "message of "+itoa(n)+" bytes", "public", v.pub.Bytes(), "id", formulas.DefaultID, "msg", msg, "sig", der(r, s))
	}
	r, s := v.signed(v.pub, v.d, formulas.DefaultID, nil, "empty")
	v.add(vectors.Valid, "EmptyMessage", "empty message", "public", v.pub.Bytes(), "id", formulas.DefaultID, "msg", []byte{}, "sig", der(r, s))
	for _, key := range []*big.Int{big.NewInt(1), big.NewInt(2), minus(formulas.N, big.NewInt(2)), minus(formulas.N, big.NewInt(3))} {
		pub := formulas.G.Mul(key)
		r, s := v.signed(pub, key, formulas.DefaultID, v.msg, "edge")
		v.add(vectors.Valid, "EdgeKey", "private key "+key.Text(16), "public", pub.Bytes(), "id", formulas.DefaultID, "msg", v.msg, "sig", der(r, s))
	}
	v.put(vectors.Valid, "Ordinary", "the signature that the others are made from", der(v.r, v.s))
	v.add(vectors.Invalid, "WrongValue", "another message", "public", v.pub.Bytes(), "id", formulas.DefaultID, "msg", []byte("message digesu"), "sig", der(v.r, v.s))
	v.add(vectors.Invalid, "WrongValue", "another key", "public", formulas.G.Mul(scalar("other")).Bytes(), "id", formulas.DefaultID, "msg", v.msg, "sig", der(v.r, v.s))
}

func (v *verifyFile) ranges() {
	n, p, zero, one := formulas.N, formulas.P, new(big.Int), big.NewInt(1)
	full := minus(new(big.Int).Lsh(one, 256), one)
	edges := map[string]*big.Int{"0": zero, "1": one, "n - 1": minus(n, one), "n": n, "n + 1": plus(n, one), "p": p, "2^256 - 1": full, "2^256": plus(full, one)}
	for _, comment := range slices.Sorted(maps.Keys(edges)) {
		x := edges[comment]
		v.put(vectors.Invalid, "Range", "r = "+comment, der(x, v.s))
		v.put(vectors.Invalid, "Range", "s = "+comment, der(v.r, x))
		v.put(vectors.Invalid, "Range", "r = s = "+comment, der(x, x))
	}
	v.put(vectors.Invalid, "Range", "r + n", der(plus(v.r, n), v.s))
	v.put(vectors.Invalid, "Range", "s + n", der(v.r, plus(v.s, n)))
	v.put(vectors.Invalid, "Range", "r + s = n", der(v.r, minus(n, v.r)))
	v.put(vectors.Invalid, "Negative", "-r", der(new(big.Int).Neg(v.r), v.s))
	v.put(vectors.Invalid, "Negative", "-s", der(v.r, new(big.Int).Neg(v.s)))
	v.put(vectors.Invalid, "Negative", "r - n", der(minus(v.r, n), v.s))
	v.put(vectors.Invalid, "Negative", "s - n", der(v.r, minus(v.s, n)))
	v.put(vectors.Invalid, "WrongValue", "r and s swapped", der(v.s, v.r))
	v.put(vectors.Invalid, "WrongValue", "n - s", der(v.r, minus(n, v.s)))
	v.put(vectors.Invalid, "WrongValue", "n - r", der(minus(n, v.r), v.s))
}

// flips adds signatures with one inverted bit, in each byte of r and s.
func (v *verifyFile) flips() {
	for i := range 32 {
		mask := new(big.Int).Lsh(big.NewInt(1), uint(8*i+i%8))
		v.put(vectors.Invalid, "WrongValue", "r with bit "+itoa(mask.BitLen()-1)+" inverted", der(new(big.Int).Xor(v.r, mask), v.s))
		v.put(vectors.Invalid, "WrongValue", "s with bit "+itoa(mask.BitLen()-1)+" inverted", der(v.r, new(big.Int).Xor(v.s, mask)))
	}
}

func (v *verifyFile) encodings() {
	sig := der(v.r, v.s)
	r, s := integer(v.r), integer(v.s)
	body := cat(r, s)
	long := func(tag byte, b []byte) []byte { return cat([]byte{tag, 0x81, byte(len(b))}, b) }
	pad := func(i []byte) []byte { return tlv(2, cat([]byte{0}, i[2:])) }
	for _, c := range []struct {
		flag, comment string
		sig           []byte
	}{
		{"TrailingBytes", "one zero byte behind", cat(sig, []byte{0})},
		{"TrailingBytes", "a NULL behind", cat(sig, []byte{5, 0})},
		{"TrailingBytes", "a second signature behind", cat(sig, sig)},
		{"TrailingElement", "a NULL inside", sequence(r, s, []byte{5, 0})},
		{"TrailingElement", "a third INTEGER inside", sequence(r, s, integer(big.NewInt(1)))},
		{"NonMinimal", "r with a leading zero byte", sequence(pad(r), s)},
		{"NonMinimal", "s with a leading zero byte", sequence(r, pad(s))},
		{"BER", "the sequence's length in the long form", long(0x30, body)},
		{"BER", "r's length in the long form", sequence(long(2, r[2:]), s)},
		{"BER", "s's length in the long form", sequence(r, long(2, s[2:]))},
		{"BER", "indefinite length", cat([]byte{0x30, 0x80}, body, []byte{0, 0})},
		{"BER", "length of four bytes", cat([]byte{0x30, 0x84, 0, 0, 0, byte(len(body))}, body)},
		{"WrongTag", "a SET", tlv(0x31, body)},
		{"WrongTag", "a primitive sequence", tlv(0x10, body)},
		{"WrongTag", "an OCTET STRING around", tlv(4, body)},
		{"WrongTag", "r as OCTET STRING", sequence(tlv(4, r[2:]), s)},
		{"WrongTag", "s as BIT STRING", sequence(r, tlv(3, s[2:]))},
		{"WrongTag", "r as ENUMERATED", sequence(tlv(10, r[2:]), s)},
		{"WrongTag", "r as context tag 2", sequence(tlv(0x82, r[2:]), s)},
		{"WrongLength", "the sequence one too long", cat([]byte{0x30, byte(len(body) + 1)}, body)},
		{"WrongLength", "the sequence one too short", cat([]byte{0x30, byte(len(body) - 1)}, body)},
		{"WrongLength", "r empty", sequence([]byte{2, 0}, s)},
		{"WrongLength", "s empty", sequence(r, []byte{2, 0})},
		{"WrongLength", "s missing", sequence(r)},
		{"WrongLength", "an empty sequence", sequence()},
		{"WrongLength", "a length of 2^31", cat([]byte{0x30, 0x84, 0x80, 0, 0, 0}, body)},
		{"WrongLength", "a length of 2^64 - 1", cat([]byte{0x30, 0x88}, bytes.Repeat([]byte{0xff}, 8), body)},
		{"WrongFormat", "r and s without DER", cat(r[len(r)-32:], s[len(s)-32:])},
		{"WrongFormat", "text", []byte("signature")},
		{"WrongFormat", "100 zero bytes", make([]byte, 100)},
	} {
		v.put(vectors.Invalid, c.flag, c.comment, c.sig)
	}
}

// truncations adds the signature cut at every length.
func (v *verifyFile) truncations() {
	sig := der(v.r, v.s)
	for n := range len(sig) {
		v.put(vectors.Invalid, "Truncated", "the first "+itoa(n)+" bytes", sig[:n])
	}
}

// keys adds forged signatures for invalid public keys. If [t]Q is infinity, anybody can compute the signature r = e + x([s]G).
func (v *verifyFile) keys() {
	zero := formulas.Point{X: new(big.Int), Y: new(big.Int)}
	r, s := forge(zero, v.msg, 1)
	v.add(vectors.Invalid, "ZeroKey", "public key 0, 0: signature made without a key", "public", zero.Bytes(), "id", formulas.DefaultID, "msg", v.msg, "sig", der(r, s))
	points := offCurve()
	for _, name := range slices.Sorted(maps.Keys(points)) {
		order := int64(1)
		switch {
		case name == "of order two":
			order = 2
		case len(name) > 14 && name[:14] == "of order three", name == "of order three":
			order = 3
		}
		r, s := forge(points[name], v.msg, order)
		v.add(vectors.Invalid, "OffCurveKey", "public key "+name, "public", points[name].Bytes(), "id", formulas.DefaultID, "msg", v.msg, "sig", der(r, s))
	}
}

// forge returns a signature for a public key of the given order, with a t that is a multiple of it, so that [t]Q is infinity.
func forge(pub formulas.Point, msg []byte, order int64) (r, s *big.Int) {
	e := formulas.Digest(pub, formulas.DefaultID, msg)
	for s := scalar("forged"); ; s.Add(s, big.NewInt(1)) {
		r := modN(plus(number(e[:]), formulas.G.Mul(s).X))
		t := modN(plus(r, s))
		if t.Sign() != 0 && new(big.Int).Mod(t, big.NewInt(order)).Sign() == 0 {
			return r, s
		}
	}
}

func (v *verifyFile) ids() {
	id := func(result vectors.Result, flag, comment string, signed, given []byte) {
		r, s := v.signed(v.pub, v.d, signed, v.msg, "id "+comment)
		v.add(result, flag, comment, "public", v.pub.Bytes(), "id", given, "msg", v.msg, "sig", der(r, s))
	}
	alice := []byte("ALICE123@YAHOO.COM")
	id(vectors.Valid, "OtherID", "ID ALICE123@YAHOO.COM", alice, alice)
	id(vectors.Valid, "OtherID", "ID of one byte", alice[:1], alice[:1])
	id(vectors.Invalid, "WrongID", "signed under the default ID, checked under another", formulas.DefaultID, alice)
	id(vectors.Invalid, "WrongID", "signed under another ID, checked under the default one", alice, formulas.DefaultID)
	id(vectors.Valid, "EmptyID", "empty ID", nil, []byte{})
	id(vectors.Invalid, "EmptyID", "signed under the default ID, checked under the empty one", formulas.DefaultID, []byte{})
	id(vectors.Valid, "LongID", "ID of 8190 bytes", counting(8190), counting(8190))
	id(vectors.Valid, "LongID", "ID of 8191 bytes", counting(8191), counting(8191))
	id(vectors.Invalid, "OverlongID", "ID of 8192 bytes, whose bit length is 0 in 16 bits", counting(8192), counting(8192))
	id(vectors.Invalid, "OverlongID", "ID of 8200 bytes", counting(8200), counting(8200))
}

// fit adds a vector with given s and t, and the digest that they are a signature of: e = r − x([s]G + [t]Q).
func (v *verifyFile) fit(result vectors.Result, flag, comment string, s, t *big.Int) {
	r := modN(minus(t, s))
	e := new(big.Int).Set(r)
	if sum := formulas.G.Mul(s).Add(v.pub.Mul(t)); !sum.Infinite() {
		e = modN(minus(r, sum.X))
		if result == vectors.Valid {
			must(formulas.Verify(v.pub, pad(e), r, s), comment)
		}
	}
	v.add(result, flag, comment, "public", v.pub.Bytes(), "digest", pad(e), "sig", der(r, s))
}

func (v *verifyFile) duplications() {
	for i := range 4 {
		t := scalar("duplication " + itoa(i))
		s := modN(new(big.Int).Mul(t, v.d))
		v.fit(vectors.Valid, "PointDuplication", "[s]G = [t]Q, "+itoa(i+1), s, t)
		v.fit(vectors.Invalid, "Infinity", "[s]G = -[t]Q, "+itoa(i+1), minus(formulas.N, s), t)
	}
	e := minus(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	edges := map[string]*big.Int{"0": new(big.Int), "n": formulas.N, "n - 1": minus(formulas.N, big.NewInt(1)), "2^256 - 1": e}
	for _, comment := range slices.Sorted(maps.Keys(edges)) {
		digest := edges[comment]
		r, s, err := formulas.Sign(v.d, pad(digest), scalar("digest"))
		must(err == nil, "digest")
		v.add(vectors.Valid, "EdgeDigest", "digest "+comment, "public", v.pub.Bytes(), "digest", pad(digest), "sig", der(r, s))
	}
}

// scalars adds signatures whose s and t are at both ends of the range, or have long runs of ones and zeros, where recodings of
// scalars have their edges.
func (v *verifyFile) scalars() {
	edges := map[string]*big.Int{}
	for i := int64(1); i <= 16; i++ {
		edges[itoa(int(i))] = big.NewInt(i)
		edges["n - "+itoa(int(i))] = minus(formulas.N, big.NewInt(i))
	}
	for _, bit := range []uint{29, 57, 64, 128, 192, 224, 255} {
		edges["2^"+itoa(int(bit))] = new(big.Int).Lsh(big.NewInt(1), bit)
		edges["2^"+itoa(int(bit))+" - 1"] = minus(edges["2^"+itoa(int(bit))], big.NewInt(1))
	}
	other := scalar("edge partner")
	for _, name := range slices.Sorted(maps.Keys(edges)) {
		v.fit(vectors.Valid, "EdgeScalar", "s = "+name, edges[name], other)
		v.fit(vectors.Valid, "EdgeScalar", "t = "+name, other, edges[name])
	}
}

const verifyClause = "GB/T 32918.2-2016 §7.1"

func note(bug, severity, clause, description string) vectors.Note {
	return vectors.Note{BugType: bug, Severity: severity, Clause: clause, Description: description}
}

var verifyNotes = map[string]vectors.Note{
	"Ordinary":         note("BASIC", "critical", verifyClause, "A valid signature."),
	"EmptyMessage":     note("EDGE_CASE", "low", "GB/T 32918.2-2016 §6.1", "A valid signature of the empty message."),
	"EdgeKey":          note("EDGE_CASE", "medium", "GB/T 32918.1-2016 §6.1", "A valid signature of a key at an end of its range [1, n-2]."),
	"EdgeDigest":       note("EDGE_CASE", "medium", verifyClause, "A valid signature of a digest at or over the group's order."),
	"EdgeScalar":       note("EDGE_CASE", "medium", verifyClause, "A valid signature with a scalar at an edge of multiplication."),
	"WrongValue":       note("AUTH_BYPASS", "critical", verifyClause, "A signature of something else."),
	"Range":            note("CAN_OF_WORMS", "high", verifyClause+" B1, B2, B5", "r, s or r + s mod n outside [1, n-1]."),
	"Negative":         note("CAN_OF_WORMS", "medium", verifyClause+" B1, B2", "A negative INTEGER."),
	"TrailingBytes":    note("SIGNATURE_MALLEABILITY", "medium", "GB/T 35276-2017 §7.3", "Bytes behind the signature: a second encoding of the same signature."),
	"TrailingElement":  note("SIGNATURE_MALLEABILITY", "medium", "GB/T 35276-2017 §7.3", "A third element in the sequence."),
	"NonMinimal":       note("BER_ENCODING", "medium", "GB/T 35276-2017 §7.3", "An INTEGER with a needless leading byte."),
	"BER":              note("BER_ENCODING", "medium", "GB/T 35276-2017 §7.3", "BER that is not DER."),
	"WrongTag":         note("MISSING_STEP", "medium", "GB/T 35276-2017 §7.3", "Another type where the structure has one."),
	"WrongLength":      note("MISSING_STEP", "medium", "GB/T 35276-2017 §7.3", "A length that does not fit."),
	"WrongFormat":      note("MISSING_STEP", "medium", "GB/T 35276-2017 §7.3", "No signature at all."),
	"Truncated":        note("MISSING_STEP", "medium", "GB/T 35276-2017 §7.3", "A signature cut off."),
	"ZeroKey":          note("AUTH_BYPASS", "high", "GB/T 32918.1-2016 §6.2.1", "The public key 0, 0 stands for infinity in some code: signatures under it need no private key."),
	"OffCurveKey":      note("AUTH_BYPASS", "high", "GB/T 32918.1-2016 §6.2.1", "A public key that is not on the curve, of a small order where possible."),
	"OtherID":          note("BASIC", "high", "GB/T 32918.2-2016 §5.5", "A user ID other than the default one."),
	"WrongID":          note("AUTH_BYPASS", "high", "GB/T 32918.2-2016 §5.5", "Signed under one user ID, checked under another."),
	"EmptyID":          note("EDGE_CASE", "low", "GB/T 32918.2-2016 §5.5", "ENTL = 0: the empty ID is an ID, not the default one."),
	"LongID":           note("EDGE_CASE", "low", "GB/T 32918.2-2016 §5.5", "The longest IDs whose bit length has 16 bits."),
	"OverlongID":       note("EDGE_CASE", "medium", "GB/T 32918.2-2016 §5.5", "An ID whose bit length does not fit in 16 bits."),
	"PointDuplication": note("EDGE_CASE", "medium", verifyClause+" B6", "[s]G = [t]Q: the addition is a doubling. The signature is valid."),
	"Infinity":         note("EDGE_CASE", "medium", verifyClause+" B6", "[s]G + [t]Q is infinity, which has no x."),
}
