package plot

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Sizes in pixels. The legend is below the chart, which it makes higher.
const (
	width, height            = 640, 360
	left, right, top, bottom = 76, 20, 40, 52
	rowHeight                = 18
	tickRow                  = 14
)

// SVG returns the chart as an SVG file in a language ("en" or "zh"). Points that are no finite numbers, or not above 0 on a
// logarithmic axis, are left out.
func (c Chart) SVG(lang string) string { return c.draw(lang, namespace, "<style>"+style+"</style>\n") }

// namespace is needed in a file; in a page the element's name says enough.
const namespace = ` xmlns="http://www.w3.org/2000/svg"`

// Inline returns the chart as an element of an HTML page that has the sheet Style once. Its texts are there in both languages, by the
// attribute lang, of which the page shows one.
func (c Chart) Inline() string { return c.draw("", "", "") }

// Style returns the sheet for the charts of a page.
func Style() string { return style }

// picture is a chart that is being drawn.
type picture struct {
	strings.Builder
	lang  string // "" for both
	x, y  scale
	boxes []box // that have labels
}

func (c Chart) draw(lang, space, sheet string) string {
	names := c.legend()
	p := &picture{lang: lang, x: c.X.scale(c.values(func(p Point) []float64 { return []float64{p.X} }), left, width-right),
		y: c.Y.scale(c.values(func(p Point) []float64 { return append(p.interval(), p.Y) }), height-bottom, top)}
	high := height + names.height()
	fmt.Fprintf(p, `<svg%s class="plot" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n%s",
		space, width, high, width, high, escaped(spoken(c.Title, lang)), sheet)
	fmt.Fprintf(p, `<rect class="page" width="%d" height="%d"/>`+"\n", width, high)
	p.text(`class="title" x="12" y="22"`, c.Title)
	p.axes(c.X, c.Y)
	for i, s := range c.Series {
		p.line(s, i%Colours)
	}
	for i, s := range c.Series {
		p.marks(s, i%Colours)
	}
	p.rules(c.Rules)
	for _, s := range c.Series {
		p.labels(s)
	}
	p.legend(names)
	p.WriteString("</svg>\n")
	return p.String()
}

// spoken returns the title for programs that read aloud.
func spoken(s record.Sentence, lang string) string {
	if lang == "" && s.Zh != "" && s.Zh != s.En {
		return s.En + " / " + s.Zh
	}
	return s.In(lang)
}

// text writes a text element: for both languages two, unless they say the same.
func (p *picture) text(attributes string, s record.Sentence) {
	if p.lang == "" && s.Zh != "" && s.Zh != s.En {
		fmt.Fprintf(p, `<text lang="en" %[1]s>%[2]s</text><text lang="zh" %[1]s>%[3]s</text>`+"\n", attributes, escaped(s.En), escaped(s.Zh))
		return
	}
	fmt.Fprintf(p, "<text %s>%s</text>\n", attributes, escaped(s.In(p.lang)))
}

// maxText is the length, in characters, to which a text is cut.
const maxText = 200

// escaped returns a text as XML, without control characters: names are those of other machines.
func escaped(text string) string { return html.EscapeString(plain.Text(text, maxText)) }

// values returns some coordinates of all points.
func (c Chart) values(of func(Point) []float64) (all []float64) {
	for _, s := range c.Series {
		for _, p := range s.Points {
			all = append(all, of(p)...)
		}
	}
	return all
}

// interval returns the ends of a point's interval; none if it has none.
func (p Point) interval() []float64 {
	if p.Low < p.High {
		return []float64{p.Low, p.High}
	}
	return nil
}

// axes draws grid lines, numbers and labels.
func (p *picture) axes(x, y Axis) {
	for i, t := range p.x.ticks {
		at := p.x.place(t.At)
		fmt.Fprintf(p, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, at, at, top, height-bottom)
		p.text(fmt.Sprintf(`class="x" x="%.1f" y="%d"`, at, height-bottom+16+i%max(x.Rows, 1)*tickRow), t.Label)
	}
	for _, t := range p.y.ticks {
		at := p.y.place(t.At)
		fmt.Fprintf(p, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left, width-right, at, at)
		p.text(fmt.Sprintf(`class="y" x="%d" y="%.1f"`, left-6, at+4), t.Label)
	}
	p.text(fmt.Sprintf(`class="x" x="%d" y="%d"`, (left+width-right)/2, height-bottom+36), x.Label)
	p.text(fmt.Sprintf(`class="x" transform="translate(16 %d) rotate(-90)"`, (top+height-bottom)/2), y.Label)
}

// line joins the points of a series in the i-th colour.
func (p *picture) line(s Series, i int) {
	if s.Line == None {
		return
	}
	var path strings.Builder
	before := math.NaN()
	for _, at := range s.Points {
		if !p.has(at) {
			continue
		}
		x, y := p.x.place(at.X), p.y.place(at.Y)
		switch {
		case math.IsNaN(before):
			fmt.Fprintf(&path, "M%.1f %.1f", x, y)
		case s.Line == Steps:
			fmt.Fprintf(&path, "L%.1f %.1fL%.1f %.1f", x, before, x, y)
		default:
			fmt.Fprintf(&path, "L%.1f %.1f", x, y)
		}
		before = y
	}
	class := ""
	if s.Line == Dashed {
		class = " dashed"
	}
	fmt.Fprintf(p, `<path class="l%d%s" d="%s"/>`+"\n", i, class, path.String())
}

// marks draws the points of a series in the i-th colour, with their intervals.
func (p *picture) marks(s Series, i int) {
	if s.Line == Dashed || s.Line == Steps {
		return
	}
	for _, at := range s.Points {
		if !p.has(at) {
			continue
		}
		x, y, radius := p.x.place(at.X), p.y.place(at.Y), 3.5
		if at.Strong {
			radius = 6
		}
		if ends := at.interval(); ends != nil && p.y.has(ends[0]) && p.y.has(ends[1]) {
			fmt.Fprintf(p, `<line class="l%d" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`, i, x, x, p.y.place(ends[0]), p.y.place(ends[1]))
		}
		fmt.Fprintf(p, `<circle class="c%d" cx="%.1f" cy="%.1f" r="%.1f">`, i, x, y, radius)
		if at.Title != "" {
			fmt.Fprintf(p, "<title>%s</title>", escaped(at.Title))
		}
		p.WriteString("</circle>\n")
		p.boxes = append(p.boxes, box{x - radius, x + radius, y - radius, y + radius})
	}
}

// rules draws vertical lines.
func (p *picture) rules(rules []Rule) {
	for _, r := range rules {
		if !p.x.has(r.X) {
			continue
		}
		at := p.x.place(r.X)
		fmt.Fprintf(p, `<line class="rule %s" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text class="x" x="%.1f" y="%d">%s</text>`+"\n",
			r.Meaning, at, at, top, height-bottom, at, top+12, escaped(r.Label))
	}
}

func (p *picture) has(at Point) bool { return p.x.has(at.X) && p.y.has(at.Y) }

func sortedByX(points []Point) []Point {
	return slices.SortedStableFunc(slices.Values(points), func(a, b Point) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y)) })
}
