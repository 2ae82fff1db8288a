package pdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"

	"github.com/xcmatrix/xcmatrix/results/internal/specimen"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

func font(t *testing.T) *Font {
	t.Helper()
	f, err := FindFont()
	if err != nil {
		needs.Absent(t, needs.Font, "needs a font with Chinese: scripts/setup --font")
	}
	return f
}

// raster draws a PDF's pages as pictures.
func raster(t *testing.T, text []byte) []image.Image {
	t.Helper()
	tool, err := exec.LookPath("pdftoppm")
	if err != nil {
		needs.Absent(t, needs.Tools, "needs pdftoppm: apt install poppler-utils")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool, "-r", "100", "-gray", "-png", path, filepath.Join(dir, "page")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names, err := filepath.Glob(filepath.Join(dir, "page*.png"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var pages []image.Image
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, img)
	}
	return pages
}

// sheet draws each character in a cell of its own, as the certificate draws text. Cells are 9 mm, 20 a line.
func sheet(t *testing.T, f *Font, characters []rune) []byte {
	t.Helper()
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", ""), font: f, lang: "zh"}
	p.AddUTF8FontFromBytes(family, "", f.data)
	p.AddPage()
	p.ink(14, 0, 0, 0)
	for i, r := range characters {
		p.SetXY(10+9*float64(i%20), 10+9*float64(i/20))
		p.CellFormat(9, 9, string(r), "", 0, "C", false, 0, "")
	}
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// cell is what is drawn in one cell: how many pixels are dark, and a digest of them all.
func cell(page image.Image, i int) (ink int, look [32]byte) {
	scale := 100 / 25.4
	x, y := int((10+9*float64(i%20))*scale), int((10+9*float64(i/20))*scale)
	var pixels []byte
	for dy := range int(9 * scale) {
		for dx := range int(9 * scale) {
			r, _, _, _ := page.At(x+dx, y+dy).RGBA()
			if r < 0x8000 {
				ink++
			}
			pixels = append(pixels, byte(r>>8))
		}
	}
	return ink, sha256.Sum256(pixels)
}

// Every character that a certificate needs is drawn: there is ink, and it is not the box that stands for a missing one.
// What a PDF says when its text is extracted proves nothing of that.
func TestEveryGlyphIsDrawn(t *testing.T) {
	f := font(t)
	const absent = '\u0ffe' // no font draws it: the reference for what a missing one looks like
	characters := append([]rune(strings.ReplaceAll(needed, " ", "")), absent)
	page := raster(t, sheet(t, f, characters))[0]
	_, box := cell(page, len(characters)-1)
	looks := map[[32]byte]rune{}
	for i, r := range characters[:len(characters)-1] {
		ink, look := cell(page, i)
		if ink == 0 || look == box {
			t.Errorf("%c (%U) is not drawn: %d dark pixels", r, r, ink)
		}
		if same, ok := looks[look]; ok && same != r && same > 0x2e80 {
			t.Errorf("%c and %c look the same", same, r)
		}
		looks[look] = r
	}
}

// A font whose letters are empty is refused, whatever its character map says.
func TestFontWithoutGlyphsIsRefused(t *testing.T) {
	whole := font(t)
	dir := t.TempDir()
	for name, spoil := range map[string]func([]byte, []byte){
		"empty outlines":      func(_, loca []byte) { clear(loca) },
		"empty character map": func(cmap, _ []byte) { clear(cmap[4:]) },
	} {
		data := slices.Clone(whole.data)
		spoil(table(t, data, "cmap"), table(t, data, "loca"))
		path := filepath.Join(dir, "spoilt.ttf")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFont(path); err != errGlyphs {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := filepath.Join(dir, "whole.ttf")
	if err := os.WriteFile(path, whole.data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFont(path); err != nil {
		t.Errorf("the face that was cut out: %v", err)
	}
	for _, text := range []string{"", "ttcf", "ttcf\x00\x01\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff....", "\x00\x01\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFont(path); err != errFont {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"OTTO\x00\x0a\x00\x80\x00\x03\x00\x20", "ttcf\x00\x02\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10OTTO\x00\x0a\x00\x80\x00\x03\x00\x20"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFont(path); err != errOutlines {
			t.Errorf("%q: %v", text, err)
		}
	}
	t.Setenv(FontVariable, path)
	if _, err := FindFont(); err == nil || !strings.Contains(err.Error(), FontVariable) || !strings.Contains(err.Error(), "fonts-wqy-microhei") {
		t.Errorf("a bad font that was asked for: %v", err)
	}
}

// table is one table of a font, to be spoilt.
func table(t *testing.T, data []byte, name string) []byte {
	t.Helper()
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		entry := data[12+16*i:]
		if string(entry[:4]) == name {
			at := binary.BigEndian.Uint32(entry[8:])
			return data[at : at+binary.BigEndian.Uint32(entry[12:])]
		}
	}
	t.Fatalf("no table %s", name)
	return nil
}

func TestCertificate(t *testing.T) {
	f := font(t)
	for lang, odd := range map[string]string{"zh": "", "en": "<b>\u202e😀" + strings.Repeat("W", 10_000)} {
		run := specimen.Run(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 12, Rounds: 5, Odd: odd})
		d := specimen.Document(t, run, "loong64")
		var once, again bytes.Buffer
		if err := Write(&once, d, f, lang); err != nil {
			t.Fatal(err)
		}
		if err := Write(&again, d, f, lang); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(once.Bytes(), again.Bytes()) {
			t.Error("the same document gives two PDFs")
		}
		pages := raster(t, once.Bytes())
		if len(pages) < 2 {
			t.Fatalf("%d pages", len(pages))
		}
		for i, page := range pages {
			if dark := ink(page); dark < 200 {
				t.Errorf("%s, page %d: %d dark pixels", lang, i+1, dark)
			}
			clear := 40
			if i == 0 {
				clear = 32 // outside the frame
			}
			if over := ink(page.(interface {
				SubImage(image.Rectangle) image.Image
			}).SubImage(image.Rect(page.Bounds().Max.X-clear, 0, page.Bounds().Max.X, page.Bounds().Max.Y))); over > 0 {
				t.Errorf("%s, page %d: %d dark pixels in the right margin", lang, i+1, over)
			}
		}
	}
}

func ink(img image.Image) int {
	n := 0
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				n++
			}
		}
	}
	return n
}
