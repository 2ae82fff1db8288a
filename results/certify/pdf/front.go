package pdf

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// The first page in millimetres: its frame, the room inside it, and the room at its foot for hands, seal and code.
const (
	frame     = 9.0
	inside    = 18.0
	inner     = 210 - 2*inside
	labels    = 46.0
	foot      = 50.0
	pageEnd   = 297 - frame - 4
	codeSide  = 34.0
	sealSide  = 34.0
	frontText = 10.0 // points, at most
	leastText = 6.5  // points
)

// front prints the first page. Its letters are as large as the texts allow, frontText at most.
func (p *paper) front(f document.Front, level profile.Level) {
	p.SetAutoPageBreak(false, 0)
	red, green, blue := 11, 92, 173
	if level == profile.None {
		red, green, blue = 90, 98, 110
	}
	p.SetDrawColor(red, green, blue)
	p.SetLineWidth(0.9)
	p.Rect(frame, frame, 210-2*frame, 297-2*frame, "D")
	p.SetLineWidth(0.25)
	p.Rect(frame+1.6, frame+1.6, 210-2*frame-3.2, 297-2*frame-3.2, "D")
	p.SetLineWidth(0.2)

	size := frontText
	for size > leastText && p.frontHeight(f, size) > pageEnd-foot-44 {
		size -= 0.5
	}
	p.SetXY(inside, 20)
	p.ink(22, 20, 24, 30)
	p.CellFormat(inner, 11, f.Title.In("zh"), "", 1, "C", false, 0, "")
	p.SetX(inside)
	p.ink(11, 90, 98, 110)
	p.CellFormat(inner, 6, f.Title.In("en"), "", 1, "C", false, 0, "")
	p.SetX(inside)
	p.ink(frontText, 20, 24, 30)
	p.CellFormat(inner, 7, "编号 No.  "+p.clean(f.Number), "", 1, "C", false, 0, "")
	p.frontBody(f, size, [3]int{red, green, blue}, true)
	p.frontFoot(f)
	p.SetAutoPageBreak(true, margin+4)
}

// frontHeight is how high the body of the first page is in letters of a size.
func (p *paper) frontHeight(f document.Front, size float64) float64 {
	return p.frontBody(f, size, [3]int{}, false)
}

// frontBody prints blocks, level, conclusion and limits, and returns how high they are.
func (p *paper) frontBody(f document.Front, size float64, colour [3]int, draw bool) float64 {
	y := p.GetY()
	from := y
	text := func(x, width float64, s string, points float64, rgb [3]int) float64 {
		p.ink(points, rgb[0], rgb[1], rgb[2])
		lines := p.lines(s, width, 10*maxText)
		for i, l := range lines {
			if draw {
				p.SetXY(x, y+float64(i)*points*0.47)
				p.CellFormat(width, points*0.47, l, "", 0, "L", false, 0, "")
			}
		}
		return float64(len(lines)) * points * 0.47
	}
	dark, soft := [3]int{20, 24, 30}, [3]int{90, 98, 110}
	for _, b := range f.Blocks {
		y += 1.6
		y += text(inside, inner, twice(b.Title, "  "), size+0.5, colour) + 0.8
		for _, field := range b.Fields {
			value := field.Value.In(p.lang)
			if field.Both {
				value = twice(field.Value, "\n")
			}
			high := text(inside, labels-3, twice(field.Name, " "), size-1, soft)
			y += max(high, text(inside+labels, inner-labels, value, size, dark)) + 0.5
		}
	}
	y += 3
	top := y
	if draw {
		p.SetFillColor(240, 244, 248)
		p.Rect(inside-3, top-1.5, inner+6, p.conclusionHeight(f, size), "F")
	}
	y += text(inside, inner, twice(record.Say("Conclusion", "检测结论"), "  ")+"    "+p.sayLevel(f), size+2, colour) + 1
	y += text(inside, inner, f.Conclusion.In("zh"), size, dark) + 0.6
	y += text(inside, inner, f.Conclusion.In("en"), size, dark) + 3
	y += text(inside, inner, f.Limits.In("zh"), size-1.5, soft)
	y += text(inside, inner, f.Limits.In("en"), size-1.5, soft)
	if draw {
		p.SetY(y)
	}
	return y - from
}

// conclusionHeight is how high the panel of the conclusion is.
func (p *paper) conclusionHeight(f document.Front, size float64) float64 {
	high := 0.0
	for _, x := range []struct {
		s      string
		points float64
	}{{twice(record.Say("Conclusion", "检测结论"), "  ") + "    " + p.sayLevel(f), size + 2}, {f.Conclusion.In("zh"), size}, {f.Conclusion.In("en"), size}} {
		p.ink(x.points, 0, 0, 0)
		high += float64(len(p.lines(x.s, inner, 10*maxText))) * x.points * 0.47
	}
	return high + 4
}

func (p *paper) sayLevel(f document.Front) string { return twice(f.Level, " / ") }

// frontFoot prints the fields for hands, the seal and the QR code at the foot of the page.
func (p *paper) frontFoot(f document.Front) {
	top := pageEnd - foot + 4
	for i, s := range f.Signatures {
		y := top + 6 + float64(i)*9.5
		p.ink(9, 90, 98, 110)
		p.SetXY(inside, y)
		p.CellFormat(30, 5, twice(s, " "), "", 0, "L", false, 0, "")
		p.SetDrawColor(20, 24, 30)
		p.Line(inside+30, y+5, inside+68, y+5)
	}
	middle, radius := inside+92.0, sealSide/2
	p.SetDrawColor(150, 156, 165)
	p.SetDashPattern([]float64{1.2, 1.2}, 0)
	p.Circle(middle, top+4+radius, radius, "D")
	p.SetDashPattern([]float64{}, 0)
	p.ink(8.5, 120, 126, 135)
	for i, s := range []string{f.Seal.In("zh"), f.Seal.In("en")} {
		p.SetXY(middle-radius, top+radius+float64(i)*4.5)
		p.CellFormat(sealSide, 4.5, s, "", 0, "C", false, 0, "")
	}
	x := 210 - inside - codeSide
	p.qr(f.Code, x, top, codeSide)
	p.ink(4.6, 90, 98, 110)
	for i, l := range p.lines(f.Code, codeSide+2, maxText) {
		p.SetXY(x-1, top+codeSide+1.5+float64(i)*2)
		p.CellFormat(codeSide+2, 2, l, "", 0, "C", false, 0, "")
	}
}

// twice is a sentence in Chinese and in English; once where they are the same.
func twice(s record.Sentence, between string) string {
	if s.Zh == "" || s.Zh == s.En {
		return s.En
	}
	return s.Zh + between + s.En
}

// lines breaks a text into lines that the font can draw, limit characters at most. A newline begins another line.
func (p *paper) lines(text string, width float64, limit int) []string {
	var lines []string
	for part := range strings.SplitSeq(text, "\n") {
		part = p.font.Text(render.Plain(strings.TrimSpace(part), limit))
		lines = append(lines, wrap(part, width-2*p.GetCellMargin(), p.GetStringWidth)...)
	}
	return lines
}
