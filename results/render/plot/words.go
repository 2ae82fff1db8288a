package plot

import (
	"fmt"
	"unicode"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// box is a rectangle on the page.
type box struct{ left, right, top, bottom float64 }

func (b box) overlaps(other box) bool {
	return b.left < other.right && other.left < b.right && b.top < other.bottom && other.top < b.bottom
}

// labels writes the labels of a series' points, each on the first side where nothing is yet. A label without room is left out.
func (p *picture) labels(s Series) {
	for _, at := range s.Points {
		if at.Label == "" || !p.has(at) {
			continue
		}
		x, y, long := p.x.place(at.X), p.y.place(at.Y), textWidth(at.Label)
		for _, side := range []struct{ dx, dy float64 }{{9, -5}, {9, 14}, {-9, -5}, {-9, 14}, {9, 26}, {-9, 26}, {9, -17}, {-9, -17}} {
			b := box{x + side.dx, x + side.dx + long, y + side.dy - 10, y + side.dy + 2}
			class := "label"
			if side.dx < 0 {
				b.left, b.right, class = b.left-long, b.right-long, "label end"
			}
			if b.left < left || b.right > width-right || b.top < top-4 || b.bottom > height-bottom || p.occupied(b) {
				continue
			}
			p.boxes = append(p.boxes, b)
			fmt.Fprintf(p, `<text class="%s" x="%.1f" y="%.1f">%s</text>`+"\n", class, x+side.dx, y+side.dy, escaped(at.Label))
			break
		}
	}
}

func (p *picture) occupied(b box) bool {
	for _, other := range p.boxes {
		if b.overlaps(other) {
			return true
		}
	}
	return false
}

// textWidth returns about how wide a text is in pixels at most: Chinese characters are as wide as the font is high.
func textWidth(text string) (wide float64) {
	for _, r := range text {
		switch {
		case r >= 0x2e80:
			wide += 12
		case unicode.IsUpper(r) || r == '=' || r == '%':
			wide += 9
		default:
			wide += 7
		}
	}
	return wide
}

// names are the entries of a legend: as many in a row as have room.
type names struct {
	entries []entry
	columns int
}

type entry struct {
	name   record.Sentence
	colour int
	line   Line
}

// legend returns the names of the series.
func (c Chart) legend() names {
	var n names
	longest := 1.0
	for i, s := range c.Series {
		if s.Name.En != "" {
			n.entries = append(n.entries, entry{s.Name, i % Colours, s.Line})
			longest = max(longest, textWidth(s.Name.En), textWidth(s.Name.Zh))
		}
	}
	n.columns = max(1, min(len(n.entries), int((width-right-12)/(longest+34))))
	return n
}

// height returns how high the legend is.
func (n names) height() int {
	if len(n.entries) == 0 {
		return 0
	}
	return (len(n.entries)+n.columns-1)/n.columns*rowHeight + 8
}

// legend writes the names of the series below the chart.
func (p *picture) legend(n names) {
	for i, e := range n.entries {
		x, y := 12+i%n.columns*((width-right-12)/n.columns), height+4+i/n.columns*rowHeight
		switch e.line {
		case Dashed, Steps:
			class := ""
			if e.line == Dashed {
				class = " dashed"
			}
			fmt.Fprintf(p, `<path class="l%d%s" d="M%d %dh20"/>`, e.colour, class, x, y)
		default:
			fmt.Fprintf(p, `<circle class="c%d" cx="%d" cy="%d" r="4"/>`, e.colour, x+10, y)
		}
		p.text(fmt.Sprintf(`class="label" x="%d" y="%d"`, x+26, y+4), e.name)
	}
}
