// Package plot draws charts as SVG: points, lines and steps, which look right on light and on dark pages, without scripts and
// without anything from elsewhere. The same data give the same bytes.
package plot

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Chart is a plot with two axes.
type Chart struct {
	Title  string
	X, Y   Axis
	Series []Series
}

// Axis describes one axis.
type Axis struct {
	Label  string
	Log    bool                 // logarithmic: all values must be above 0
	Zero   bool                 // the axis begins at 0; not if Log
	Format func(float64) string // of numbers at ticks; nil: the shortest
}

// Series is values that belong together.
type Series struct {
	Name   string // in the legend; "" for none
	Points []Point
	Line   Line
}

// Line is how the points of a series are joined.
type Line int

const (
	None     Line = iota // points alone
	Straight             // from point to point
	Steps                // horizontal to the next point's X, then vertical
	Dashed               // straight and dashed, without points: a model
)

// Point is a value, with a label beside it where there is one.
type Point struct {
	X, Y   float64
	Label  string
	Strong bool // drawn larger
}

// Sizes in pixels.
const (
	width, height            = 640, 360
	left, right, top, bottom = 76, 20, 40, 52
)

// SVG returns the chart as an SVG element. Points that are no finite numbers, or not above 0 on a logarithmic axis, are left out.
func (c Chart) SVG() string {
	x, y := c.X.scale(c.values(func(p Point) float64 { return p.X }), left, width-right), c.Y.scale(c.values(func(p Point) float64 { return p.Y }), height-bottom, top)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n", width, height, width, height, html.EscapeString(c.Title))
	b.WriteString("<style>" + style + "</style>\n")
	fmt.Fprintf(&b, `<rect class="page" width="%d" height="%d"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text class="title" x="%d" y="22">%s</text>`+"\n", left, html.EscapeString(c.Title))
	c.axes(&b, x, y)
	for i, s := range c.Series {
		s.draw(&b, i%colours, x, y)
	}
	c.legend(&b)
	b.WriteString("</svg>\n")
	return b.String()
}

// values returns a coordinate of all points.
func (c Chart) values(of func(Point) float64) (all []float64) {
	for _, s := range c.Series {
		for _, p := range s.Points {
			all = append(all, of(p))
		}
	}
	return all
}

// axes draws grid lines, numbers and labels.
func (c Chart) axes(b *strings.Builder, x, y scale) {
	for _, v := range x.ticks {
		at := x.place(v)
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text class="x" x="%.1f" y="%d">%s</text>`+"\n", at, at, top, height-bottom, at, height-bottom+16, html.EscapeString(c.X.number(v)))
	}
	for _, v := range y.ticks {
		at := y.place(v)
		fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="y" x="%d" y="%.1f">%s</text>`+"\n", left, width-right, at, at, left-6, at+4, html.EscapeString(c.Y.number(v)))
	}
	fmt.Fprintf(b, `<text class="x" x="%d" y="%d">%s</text>`+"\n", (left+width-right)/2, height-bottom+36, html.EscapeString(c.X.Label))
	fmt.Fprintf(b, `<text class="x" transform="translate(16 %d) rotate(-90)">%s</text>`+"\n", (top+height-bottom)/2, html.EscapeString(c.Y.Label))
}

// draw draws a series in the i-th colour.
func (s Series) draw(b *strings.Builder, i int, x, y scale) {
	var path strings.Builder
	var marks strings.Builder
	before := math.NaN()
	for _, p := range s.Points {
		if !x.has(p.X) || !y.has(p.Y) {
			continue
		}
		px, py := x.place(p.X), y.place(p.Y)
		switch {
		case math.IsNaN(before):
			fmt.Fprintf(&path, "M%.1f %.1f", px, py)
		case s.Line == Steps:
			fmt.Fprintf(&path, "L%.1f %.1fL%.1f %.1f", px, before, px, py)
		default:
			fmt.Fprintf(&path, "L%.1f %.1f", px, py)
		}
		before = py
		radius := 3.5
		if p.Strong {
			radius = 6
		}
		if s.Line != Dashed && s.Line != Steps {
			fmt.Fprintf(&marks, `<circle class="c%d" cx="%.1f" cy="%.1f" r="%.1f"/>`+"\n", i, px, py, radius)
		}
		if p.Label != "" {
			s.label(&marks, p, px, py)
		}
	}
	class := ""
	if s.Line == Dashed {
		class = " dashed"
	}
	if s.Line != None {
		fmt.Fprintf(b, `<path class="l%d%s" d="%s"/>`+"\n", i, class, path.String())
	}
	b.WriteString(marks.String())
}

// label writes a point's label on the side where there is room.
func (s Series) label(b *strings.Builder, p Point, x, y float64) {
	class, dx, dy := "label", 9.0, -5.0
	if x > width*2/3 {
		class, dx, dy = "label end", -9, 16 // below a line that comes from the left
	}
	fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f">%s</text>`+"\n", class, x+dx, y+dy, html.EscapeString(p.Label))
}

// legend names the series at the top right.
func (c Chart) legend(b *strings.Builder) {
	line := 0
	for i, s := range c.Series {
		if s.Name == "" {
			continue
		}
		y := top + 14 + 16*line
		fmt.Fprintf(b, `<circle class="c%d" cx="%d" cy="%d" r="4"/><text class="label end" x="%d" y="%d">%s</text>`+"\n", i%colours, width-right-8, y-4, width-right-18, y, html.EscapeString(s.Name))
		line++
	}
}
