package main

import (
	"bytes"
	"math/big"
	"strings"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// all files by name.
func all() map[string]*file {
	return map[string]*file{
		"sm3_known":          knownSM3(),
		"sm3_chain":          chainSM3(),
		"sm2_enveloped":      adversarialEnvelope(),
		"hmac_sm3_known":     knownHMAC(),
		"sm4_known":          knownSM4(),
		"sm4_modes_known":    knownModes(),
		"sm4_gcm_known":      knownAEAD("SM4-GCM", "RFC 8998 appendix A.1", rfc8998GCM, "83DE3541E4C2B58177E065A9BF7B62EC"),
		"sm4_ccm_known":      knownAEAD("SM4-CCM", "RFC 8998 appendix A.2", rfc8998CCM, "16842D4FA186F56AB33256971FA110F4"),
		"sm2_sign_known":     knownSign(),
		"sm2_encrypt_known":  knownEncrypt(),
		"sm2_exchange_known": knownExchange(),
		"sm2_verify":         adversarialVerify(),
		"sm2_decrypt":        adversarialDecrypt(),
		"sm2_exchange":       rareExchange(),
	}
}

func standard(clause, description string) vectors.Note {
	return vectors.Note{BugType: "BASIC", Description: description, Clause: clause, Severity: "critical"}
}

func must(ok bool, what string) {
	if !ok {
		panic("the formulas disagree: " + what)
	}
}

func knownSM3() *file {
	f := newFile("SM3", "digest_test_schema.json", "Examples of SM3.")
	f.Notes["Standard"] = standard("GB/T 32905-2016 annex A", "An example of the standard.")
	f.Notes["Boundary"] = vectors.Note{BugType: "BASIC", Severity: "critical", Clause: "GB/T 32905-2016 §5.2",
		Description: "A length at which padding changes. The digests were computed from the standard's formulas and agree between independent implementations."}
	add := func(flag, comment, msg string, repeat int, digest string) {
		got := formulas.SM3([]byte(strings.Repeat(msg, repeat)))
		must(bytes.Equal(got[:], unhex(digest)), "SM3 "+comment)
		f.add(vectors.Valid, flag, comment, "msg", []byte(msg), "repeat", repeat, "digest", unhex(digest))
	}
	add("Standard", "A.1 abc", "abc", 1, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
	add("Standard", "A.2 abcd 16 times", "abcd", 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")
	add("Boundary", "a million times a", "a", 1000000, "c8aaf89429554029e231941a2acc0ad61ff2a5acd8fadd25847a3a732b3b02c3")
	for _, n := range []int{0, 1, 3, 31, 32, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 183, 184, 191, 192, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 8191} {
		msg := counting(n)
		digest := formulas.SM3(msg)
		f.add(vectors.Valid, "Boundary", itoa(n)+" bytes 00 01 02 …", "msg", msg, "digest", digest[:])
	}
	return f
}

func knownHMAC() *file {
	f := newFile("HMACSM3", "mac_test_schema_v1.json", "Examples of HMAC-SM3.")
	f.Notes["Boundary"] = vectors.Note{BugType: "BASIC", Severity: "critical", Clause: "GB/T 15852.2-2012 §7",
		Description: "Key and message lengths around the block size. The tags were computed from the standard's formulas and agree between independent implementations."}
	for _, k := range []int{0, 1, 32, 63, 64, 65, 128} {
		for _, m := range []int{0, 1, 64, 200} {
			tag := formulas.HMAC(counting(k), counting(m))
			f.add(vectors.Valid, "Boundary", "key of "+itoa(k)+" bytes, message of "+itoa(m), "key", counting(k), "msg", counting(m), "tag", tag[:])
		}
	}
	return f
}

func knownSM4() *file {
	f := newFile("SM4", "block_test_schema.json", "Examples of the SM4 block cipher.")
	f.Notes["Standard"] = standard("GB/T 32907-2016 annex A", "An example of the standard.")
	f.Notes["Boundary"] = vectors.Note{BugType: "BASIC", Severity: "critical", Clause: "GB/T 32907-2016 §7",
		Description: "Keys and blocks of one set bit, all zeros and all ones; computed from the standard's formulas."}
	key := unhex("0123456789abcdeffedcba9876543210")
	once := formulas.SM4(key, key, false)
	must(bytes.Equal(once[:], unhex("681edf34d206965e86b3e94f536e4246")), "SM4 example 1")
	f.add(vectors.Valid, "Standard", "A.1 one block", "key", key, "msg", key, "ct", once[:])
	million := [16]byte(key)
	for range 1000000 {
		million = formulas.SM4(key, million[:], false)
	}
	must(bytes.Equal(million[:], unhex("595298c7c6fd271f0402f804c33d3f66")), "SM4 example 2")
	f.add(vectors.Valid, "Standard", "A.2 a million times", "key", key, "msg", key, "ct", million[:], "rounds", 1000000)
	block := func(comment string, key, msg []byte) {
		ct := formulas.SM4(key, msg, false)
		f.add(vectors.Valid, "Boundary", comment, "key", key, "msg", msg, "ct", ct[:])
	}
	zeros, ones := make([]byte, 16), bytes.Repeat([]byte{0xff}, 16)
	block("key and block of zeros", zeros, zeros)
	block("key and block of ones", ones, ones)
	for bit := 0; bit < 128; bit += 8 {
		single := make([]byte, 16)
		single[bit/8] = 0x80 >> (bit / 8 % 8)
		block("key with bit "+itoa(bit/8*8+bit/8%8)+" alone", single, zeros)
		block("block with bit "+itoa(bit/8*8+bit/8%8)+" alone", zeros, single)
	}
	return f
}

const (
	rfc8998GCM = `17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735D82710CA5C22F0CCFA7CBF93D496AC15
		A56834CBCF98C397B4024A2691233B8D`
	rfc8998CCM = `48AF93501FA62ADBCD414CCE6034D895DDA1BF8F132F042098661572E7483094FD12E518CE062C98ACEE28D95DF4416B
		ED31A2F04476C18BB40C84A74B97DC5B`
)

func knownAEAD(algorithm, source, ct, tag string) *file {
	f := newFile(algorithm, "aead_test_schema_v1.json", "The example of "+source+".")
	f.Notes["Standard"] = standard(source, "The example of the standard.")
	var plain []byte
	for _, c := range []byte{0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA} {
		plain = append(plain, bytes.Repeat([]byte{c}, 8)...)
	}
	f.add(vectors.Valid, "Standard", source, "key", unhex("0123456789ABCDEFFEDCBA9876543210"),
		"iv", unhex("00001234567800000000ABCD"), "aad", unhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"),
		"msg", plain, "ct", unhex(ct), "tag", unhex(tag))
	return f
}

func knownSign() *file {
	f := newFile("SM2-SIGN", "sm2_sign_test_schema.json", "Examples of the SM2 signature, with the random number.")
	f.Notes["Standard"] = standard("GB/T 32918.5-2017 annex A.2", "The example of the standard.")
	d, k := unhex(standardKey), unhex(standardNonce)
	pub := formulas.G.Mul(number(d))
	e := formulas.Digest(pub, formulas.DefaultID, []byte("message digest"))
	r, s, err := formulas.Sign(number(d), e[:], number(k))
	must(err == nil, "sign")
	sig := sequence(integer(number(unhex("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"))),
		integer(number(unhex("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"))))
	must(bytes.Equal(sig, sequence(integer(r), integer(s))), "signature")
	f.add(vectors.Valid, "Standard", "A.2", "d", d, "public", pub.Bytes(), "id", formulas.DefaultID,
		"msg", []byte("message digest"), "nonce", k, "sig", sig)
	return f
}

const (
	standardKey   = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
	standardNonce = "59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21"
)

func knownEncrypt() *file {
	f := newFile("SM2-ENCRYPT", "sm2_encrypt_test_schema.json", "Examples of SM2 encryption, with the random number.")
	f.Notes["Standard"] = standard("GB/T 32918.5-2017 annex A.3", "The example of the standard.")
	f.Notes["Layout"] = standard("GB/T 35276-2017 §7.2", "The example of GB/T 32918.5 in another layout.")
	d, k := unhex(standardKey), unhex(standardNonce)
	pub := formulas.G.Mul(number(d))
	msg := []byte("encryption standard")
	c, err := formulas.Encrypt(pub, msg, number(k))
	must(err == nil, "encrypt")
	must(bytes.Equal(c.C2, unhex("21886CA989CA9C7D58087307CA93092D651EFA")), "C2")
	must(bytes.Equal(c.C3, unhex("59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766")), "C3")
	add := func(flag, layout string, ct []byte) {
		f.add(vectors.Valid, flag, "A.3 as "+layout, "d", d, "public", pub.Bytes(), "layout", layout, "nonce", k, "msg", msg, "ct", ct)
	}
	add("Standard", "C1C3C2", cat(c.C1, c.C3, c.C2))
	add("Layout", "C1C2C3", cat(c.C1, c.C2, c.C3))
	add("Layout", "ASN.1", sequence(integer(number(c.C1[1:33])), integer(number(c.C1[33:])), octets(c.C3), octets(c.C2)))
	return f
}

func knownExchange() *file {
	f := newFile("SM2-EXCHANGE", "sm2_exchange_test_schema.json", "Examples of the SM2 key exchange.")
	f.Notes["Standard"] = standard("GB/T 32918.5-2017 annex A.4", "The example of the standard.")
	dA, dB := unhex("81EB26E941BB5AF16DF116495F90695272AE2CD63D6C4AE1678418BE48230029"), unhex("785129917D45A9EA5437A59356B82338EAADDA6CEB199088F14AE10DEFA229B5")
	rA, rB := unhex("D4DE15474DB74D06491C440D305E012400990F3E390C7E87153C12DB2EA60BB3"), unhex("7E07124814B309489125EAED101113164EBF0F3458C5BD88335C1F9D596243D6")
	a, err := formulas.Party{Initiator: true, Key: number(dA), Ephemeral: number(rA), ID: formulas.DefaultID,
		Peer: formulas.G.Mul(number(dB)), PeerEphemeral: formulas.G.Mul(number(rB)), PeerID: formulas.DefaultID}.Exchange(16)
	must(err == nil, "exchange")
	key, s1, s2 := unhex("6C89347354DE2484C60B4AB1FDE4C6E5"), unhex("D3A0FE15DEE185CEAE907A6B595CC32A266ED7B3367E9983A896DC32FA20F8EB"), unhex("18C7894B3816DF16CF07B05C5EC0BEF5D655D58F779CC1B400A4F3884644DB88")
	must(bytes.Equal(a.Key, key) && bytes.Equal(a.S1, s1) && bytes.Equal(a.S2, s2), "exchanged values")
	f.add(vectors.Valid, "Standard", "A.4", "dA", dA, "dB", dB, "rA", rA, "rB", rB,
		"idA", formulas.DefaultID, "idB", formulas.DefaultID, "key", key, "s1", s1, "s2", s2)
	return f
}

func number(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
