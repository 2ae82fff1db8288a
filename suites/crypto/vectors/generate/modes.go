package main

import (
	"bytes"
	"crypto/subtle"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

func knownModes() *file {
	f := newFile("SM4-MODES", "mode_test_schema.json", "Examples of SM4 in the modes of GB/T 17964, without padding.")
	f.Notes["Standard"] = standard("GB/T 17964-2021; draft-ribose-cfrg-sm4-10 appendix A.2", "An example of the draft that describes the standard.")
	f.Notes["Wrap"] = vectors.Note{BugType: "BASIC", Severity: "critical", Clause: "GB/T 17964-2021 §9",
		Description: "The counter passes a byte's, a word's or its own end; computed from the standard's formulas."}
	f.Notes["Blocks"] = vectors.Note{BugType: "BASIC", Severity: "critical", Clause: "GB/T 17964-2021",
		Description: "Message lengths around the widths of vector code; computed from the standard's formulas."}
	iv := unhex("000102030405060708090A0B0C0D0E0F")
	short := unhex("AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDDEEEEEEEEFFFFFFFFAAAAAAAABBBBBBBB")
	var long []byte
	for _, c := range []byte{0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xAA, 0xBB} {
		long = append(long, bytes.Repeat([]byte{c}, 8)...)
	}
	keys := [2][]byte{unhex("0123456789ABCDEFFEDCBA9876543210"), unhex("FEDCBA98765432100123456789ABCDEF")}
	draft := map[string][2]string{
		"ECB": {"5EC8143DE509CFF7B5179F8F474B86192F1D305A7FB17DF985F81C8482192304", "C5876897E4A59BBBA72A10C83872245B12DD90BC2D200692B529A4155AC9E600"},
		"CBC": {"78EBB11CC40B0A48312AAEB2040244CB4CB7016951909226979B0D15DC6A8F6D", "0D3A6DDC2D21C698857215587B7BB59A91F2C147911A4144665E1FA1D40BAE38"},
		"OFB": {"AC3236CB861DD316E6413B4E3C7524B71D01ACA2487CA582CBF5463E6698539B", ""},
		"CFB": {"AC3236CB861DD316E6413B4E3C7524B769D4C54ED433B9A0346009BEB37B2B3F", ""},
		"CTR": {"AC3236CB970CC20791364C395A1342D1A3CBC1878C6F30CD074CCE385CDD70C7F234BC0E24C11980FD1286310CE37B926E02FCD0FAA0BAF38B2933851D824514", ""},
	}
	for _, mode := range []string{"ECB", "CBC", "OFB", "CFB", "CTR"} {
		msg := short
		if mode == "CTR" {
			msg = long
		}
		for i, key := range keys {
			ct := crypt(mode, key, iv, msg)
			flag := "Blocks"
			if want := draft[mode][i]; want != "" {
				must(bytes.Equal(ct, unhex(want)), mode+" example")
				flag = "Standard"
			}
			f.add(vectors.Valid, flag, mode+" example "+itoa(i+1), "mode", mode, "key", key, "iv", iv, "msg", msg, "ct", ct)
		}
		for _, blocks := range []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64} {
			msg := counting(16 * blocks)
			f.add(vectors.Valid, "Blocks", mode+" "+itoa(blocks)+" blocks", "mode", mode, "key", keys[0], "iv", iv, "msg", msg, "ct", crypt(mode, keys[0], iv, msg))
		}
	}
	for _, wrap := range []string{"000102030405060708090A0B0C0D0EFF", "000102030405060708090A0BFFFFFFFF",
		"0001020304050607FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF0"} {
		msg := counting(16 * 20)
		f.add(vectors.Valid, "Wrap", "CTR from "+wrap, "mode", "CTR", "key", keys[0], "iv", unhex(wrap), "msg", msg, "ct", crypt("CTR", keys[0], unhex(wrap), msg))
	}
	for _, n := range []int{1, 15, 17, 31, 100, 129} {
		for _, mode := range []string{"CTR", "OFB", "CFB"} {
			f.add(vectors.Valid, "Blocks", mode+" "+itoa(n)+" bytes", "mode", mode, "key", keys[0], "iv", iv, "msg", counting(n), "ct", crypt(mode, keys[0], iv, counting(n)))
		}
	}
	return f
}

// crypt encrypts by the formulas of GB/T 17964-2021: ECB §5, CBC §6, CFB §7 and OFB §8 with full blocks, CTR §9.
func crypt(mode string, key, iv, msg []byte) []byte {
	out := make([]byte, len(msg))
	feedback := append([]byte(nil), iv...)
	for i := 0; i < len(msg); i += 16 {
		end := min(i+16, len(msg))
		in := append([]byte(nil), msg[i:end]...)
		switch mode {
		case "ECB":
			c := formulas.SM4(key, in, false)
			copy(out[i:], c[:])
		case "CBC":
			subtle.XORBytes(in, in, feedback)
			c := formulas.SM4(key, in, false)
			copy(out[i:], c[:])
			feedback = c[:]
		default:
			c := formulas.SM4(key, feedback, false)
			subtle.XORBytes(out[i:end], in, c[:])
			switch mode {
			case "OFB":
				feedback = c[:]
			case "CFB":
				feedback = out[i:end]
			case "CTR":
				increment(feedback)
			}
		}
	}
	return out
}

func increment(counter []byte) {
	for i := len(counter) - 1; i >= 0; i-- {
		counter[i]++
		if counter[i] != 0 {
			return
		}
	}
}
