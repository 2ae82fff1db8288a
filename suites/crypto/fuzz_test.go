package crypto

import (
	"bytes"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// The fuzz targets compare emmansun with the formulas. With tjfoc each of them would fail within seconds.

func FuzzDigest(f *testing.F) {
	f.Add([]byte("abc"), 1)
	f.Fuzz(func(t *testing.T, msg []byte, cut int) {
		want := formulas.SM3(msg)
		d := subject.Emmansun().Hash.New()
		at := min(max(cut, 0), len(msg))
		d.Write(msg[:at])
		d.Write(msg[at:])
		if got := d.Sum(nil); !bytes.Equal(got, want[:]) {
			t.Errorf("%x, want %x", got, want)
		}
	})
}

func FuzzVerify(f *testing.F) {
	for _, v := range vectors.Own("sm2_verify").Tests {
		if v.Flags[0] != "Truncated" && !v.Has("digest") {
			f.Add(v.Bytes("public"), v.Bytes("msg"), v.Bytes("sig"))
		}
	}
	f.Fuzz(func(t *testing.T, pub, msg, sig []byte) {
		got, _ := subject.Emmansun().Signature.Verify(pub, formulas.DefaultID, msg, sig)
		want, _ := subject.Formulas().Signature.Verify(pub, formulas.DefaultID, msg, sig)
		if got != want {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

func FuzzDecrypt(f *testing.F) {
	key := vectors.Own("sm2_decrypt").Tests[0].Bytes("d")
	for _, v := range vectors.Own("sm2_decrypt").Tests {
		if v.Flags[0] != "Truncated" && v.Text("layout") == "C1C3C2" {
			f.Add(v.Bytes("ct"))
		}
	}
	f.Fuzz(func(t *testing.T, ct []byte) {
		if len(ct) < 98 || ct[0] != 4 {
			return // the subject reads other encodings besides
		}
		got, err := subject.Emmansun().Encryption.Decrypt(key, ct, subject.C1C3C2)
		want, wantErr := subject.Formulas().Encryption.Decrypt(key, ct, subject.C1C3C2)
		if (err == nil) != (wantErr == nil) || !bytes.Equal(got, want) {
			t.Errorf("%x (%v), want %x (%v)", got, err, want, wantErr)
		}
	})
}
