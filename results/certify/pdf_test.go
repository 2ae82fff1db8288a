package certify

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/certify/pdf"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// TestPDFIsMadeAgain: a PDF is compared byte for byte where its font is; where it is not, it is not proved, and where
// another compiler made it, neither.
func TestPDFIsMadeAgain(t *testing.T) {
	by := signer(t)
	o := order(t, trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 2}), by)
	if o.Font == nil {
		_, err := pdf.FindFont()
		needs.Absent(t, needs.Font, err)
	}
	dir := issue(t, o)[0].Dir
	f := read(t, dir)
	verified := func(f folder) *Verification {
		t.Helper()
		f.put(t, dir)
		v, err := Verify(dir, Reader{Root: by.Chain.Root, At: now})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := verified(f); !v.OK() || !strings.Contains(v.Proved[4].En, "the 7 pages and tables") {
		t.Errorf("%+v", v)
	}
	forged := f.with(pdfFile, bytes.Replace(f[pdfFile], []byte("%PDF-1.3"), []byte("%PDF-1.4"), 1))
	if bytes.Equal(forged[pdfFile], f[pdfFile]) {
		t.Fatalf("nothing was forged in %.20q", f[pdfFile])
	}
	v := verified(forged.signed(t, by, nil))
	if v.OK() || v.Problems[0].File != pdfFile || v.Problems[0].Place != "byte 8" {
		t.Errorf("%+v", v.Problems)
	}
	mine := compiler
	compiler = "go1.0 linux/loong64"
	dir = issue(t, o)[0].Dir
	compiler = mine
	f = read(t, dir)
	forged = f.with(pdfFile, bytes.Replace(f[pdfFile], []byte("%PDF-1.3"), []byte("%PDF-1.4"), 1))
	if v = verified(forged.signed(t, by, nil)); !v.OK() || !strings.Contains(fmt.Sprint(v.Unproved), "it was made by a program that go1.0 linux/loong64 compiled") {
		t.Errorf("%+v", v)
	}
	o.Font.Digest = "sha256:" + strings.Repeat("0", 64) // of a face that is nowhere
	dir = issue(t, o)[0].Dir
	if v = verified(read(t, dir)); !v.OK() || !strings.Contains(fmt.Sprint(v.Unproved), "the font that it was made with is not on this machine") {
		t.Errorf("%+v", v)
	}
}
