package pdf

import (
	"bytes"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/internal/specimen"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// The first page says all by itself, each word in one piece, and stays inside its frame with the longest texts too: what is
// drawn does not reach the fields for hands.
func TestFront(t *testing.T) {
	f := font(t)
	run := specimen.Run(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 12, Rounds: 5})
	for _, long := range []bool{false, true} {
		for _, lang := range []string{"zh", "en"} {
			d := specimen.Product(t, specimen.Document(t, run, "native"), long)
			var b bytes.Buffer
			if err := Write(&b, d, f, lang); err != nil {
				t.Fatal(err)
			}
			page := raster(t, b.Bytes())[0]
			pixels := func(mm float64) int { return int(mm * 100 / 25.4) }
			// between the last line of text and the first field for hands there is a gap
			for x := range page.Bounds().Max.X - 90 {
				gap := image.Rect(45+x, pixels(pageEnd-foot+1), 46+x, pixels(pageEnd-foot+3))
				if n := ink(page.(interface {
					SubImage(image.Rectangle) image.Image
				}).SubImage(gap)); n > 0 {
					t.Errorf("long %v, %s: text reaches the fields for hands at %d px", long, lang, x)
					break
				}
			}
			if !long {
				firstPageSays(t, b.Bytes(), "Product certified", "v1.2.0", "GB/T 25000.51-2016", "CNAS L00000", "As tested,", "Approved by", "example.com/shop,")
			}
		}
	}
}

// firstPageSays reads the text of a PDF's first page, and holds it to have each of the words in one piece.
func firstPageSays(t *testing.T, text []byte, words ...string) {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		needs.Absent(t, needs.Tools, "needs pdftotext: apt install poppler-utils")
	}
	path := filepath.Join(t.TempDir(), "in.pdf")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-l", "1", "-layout", path, "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, w := range words {
		if !strings.Contains(string(out), w) {
			t.Errorf("the first page does not say %q:\n%s", w, out)
		}
	}
}
