// Package pdf writes a certificate as PDF, with a font that is installed on the machine.
package pdf

import (
	"fmt"
	"io"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// Sizes in millimetres, and in points for letters.
const (
	margin = 16.0
	width  = 210 - 2*margin
	small  = 8.5
	family = "body"
)

// maxRows is the largest number of rows of a table of defects; the journal has all.
const maxRows = 400

// maxText is the length, in characters, to which a text of another machine is cut.
const maxText = 300

// paper is a PDF that is being written.
type paper struct {
	*fpdf.Fpdf
	font *Font
	lang string
}

// Write writes the certificate as PDF in a language ("zh" or "en"). The same document gives the same bytes.
func Write(w io.Writer, d document.Document, font *Font, lang string) error {
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", ""), font: font, lang: lang}
	p.AddUTF8FontFromBytes(family, "", font.data)
	p.SetCatalogSort(true)
	p.SetCreationDate(d.Claim.Issued)
	p.SetModificationDate(d.Claim.Issued)
	p.SetProducer(fmt.Sprintf("xcmatrix pages %d", d.Claim.Pages.Version), true)
	p.SetTitle(d.Claim.Title().In(p.lang)+" "+p.clean(d.Claim.No()), true)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, margin+4)
	p.AliasNbPages("")
	p.SetFooterFunc(func() { p.footer(d) })
	p.AddPage()
	p.front(d.Front(), d.Claim.Level)
	p.AddPage()
	p.annex(d)
	p.rules(d)
	p.items(d)
	p.findings(d)
	p.machine(d)
	p.signature(d)
	return p.Output(w)
}

func (p *paper) say(en, zh string) string { return record.Say(en, zh).In(p.lang) }

// clean returns text cut to maxText, with the characters replaced that the font does not have.
func (p *paper) clean(text string) string {
	return p.font.Text(render.Plain(strings.TrimSpace(text), maxText))
}

// ink sets size in points and colour of the letters.
func (p *paper) ink(size float64, red, green, blue int) {
	p.SetFont(family, "", size)
	p.SetTextColor(red, green, blue)
}

// footer writes the footer of a page: the claim's digest and the page number.
func (p *paper) footer(d document.Document) {
	p.SetY(-margin)
	p.ink(7.5, 90, 98, 110)
	p.CellFormat(width-30, 5, p.clean(d.Digest), "", 0, "L", false, 0, "")
	p.CellFormat(30, 5, fmt.Sprintf("%d / {nb}", p.PageNo()), "", 0, "R", false, 0, "")
}

// heading writes the heading of a section.
func (p *paper) heading(en, zh string) {
	if p.GetY() > 250 {
		p.AddPage()
	}
	p.Ln(4)
	p.ink(12.5, 20, 24, 30)
	p.CellFormat(width, 7, p.say(en, zh), "B", 1, "L", false, 0, "")
	p.Ln(1.5)
}

// pairs writes names and values, one pair a line.
func (p *paper) pairs(list [][2]string) {
	for _, kv := range list {
		if strings.TrimSpace(kv[1]) != "" {
			p.row([]float64{46, width - 46}, []string{kv[0], kv[1]}, false)
		}
	}
}

// signature writes the section for readers on paper: who signed, with which key, and the text that the QR code must have.
func (p *paper) signature(d document.Document) {
	const side = 36.0
	if p.GetY() > 297-margin-side-40 {
		p.AddPage()
	}
	p.heading("Signature", "签名")
	top := p.GetY()
	p.qr(document.Code(d.Claim, d.Digest), 210-margin-side, top, side)
	text := width - side - 6
	for _, kv := range [][2]string{
		{p.say("signer", "签发者"), fmt.Sprintf(p.say("%s (root: %s)", "%s（根：%s）"), d.Claim.Signer, d.Root)},
		{p.say("key (SM2)", "SM2 公钥指纹"), d.Key},
		{p.say("claim digest", "证书摘要（SM3）"), d.Digest},
		{p.say("journal", "日志"), fmt.Sprintf(p.say("%d entries, sm3:%s", "%d 条，sm3:%s"), d.Claim.Journal.Entries, d.Claim.Journal.Head)},
		{p.say("verify", "验证"), "xcmatrix verify . --root root.pem --claim " + d.Digest},
	} {
		p.row([]float64{30, text - 30}, []string{kv[0], kv[1]}, false)
	}
	p.SetY(max(p.GetY(), top+side+2))
}

// qr draws a QR code of text as squares; x, y and side are in millimetres.
func (p *paper) qr(text string, x, y, side float64) {
	bits, err := document.QR(text)
	if err != nil {
		p.SetError(err)
		return
	}
	unit := side / float64(len(bits))
	p.SetFillColor(0, 0, 0)
	for i, line := range bits {
		for j, dark := range line {
			if dark {
				p.Rect(x+float64(j)*unit, y+float64(i)*unit, unit, unit, "F")
			}
		}
	}
}

// row writes one row of a table, as high as its highest cell.
func (p *paper) row(widths []float64, texts []string, head bool) {
	const line, pad = 4.3, 1.0
	p.ink(small, 20, 24, 30)
	if head {
		p.ink(small, 90, 98, 110)
	}
	cells := make([][]string, len(texts))
	lines := 1
	for i, t := range texts {
		cells[i] = p.lines(t, widths[i]-2*pad, maxText)
		lines = max(lines, len(cells[i]))
	}
	height := float64(lines)*line + 1.2
	if p.GetY()+height > 297-margin-6 {
		p.AddPage()
	}
	x, y := p.GetX(), p.GetY()
	for i, cell := range cells {
		for j, text := range cell {
			p.SetXY(x+pad, y+0.6+float64(j)*line)
			p.CellFormat(widths[i]-2*pad, line, text, "", 0, "L", false, 0, "")
		}
		x += widths[i]
	}
	p.SetDrawColor(213, 218, 224)
	p.Line(margin, y+height, x, y+height)
	p.SetXY(margin, y+height)
}
