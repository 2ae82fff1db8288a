// Package plot draws charts as SVG: points, lines and steps, which look right on light and on dark pages, without scripts and
// without anything from elsewhere. The same data give the same bytes on every machine.
package plot

import "github.com/xcmatrix/xcmatrix/results/record"

// Chart is a plot with two axes.
type Chart struct {
	Title  record.Sentence
	X, Y   Axis
	Series []Series
	Rules  []Rule
}

// Axis describes one axis.
type Axis struct {
	Label  record.Sentence
	Log    bool                 // logarithmic: all values must be above 0
	Zero   bool                 // the axis begins at 0; not if Log
	Format func(float64) string // of numbers at ticks; nil: the shortest
	Ticks  []Tick               // where the ticks are; nil: at round numbers
	Rows   int                  // in how many rows the labels of an X axis stand, in turn, up to 3; 0: one
}

// Tick is a place on an axis with a name.
type Tick struct {
	At    float64
	Label record.Sentence
}

// Series is values that belong together.
type Series struct {
	Name   record.Sentence // in the legend; empty for none
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

// Point is a value, with a label beside it where there is one and room for it.
type Point struct {
	X, Y      float64
	Low, High float64 // the interval of Y; none is drawn unless Low is below High
	Label     string
	Title     string // shown where a reader points at it
	Strong    bool   // drawn larger
}

// Rule is a vertical line across the chart, with a label below its upper end.
type Rule struct {
	X       float64
	Label   string
	Meaning Meaning
}

// Meaning says whether a rule marks something good or bad, which its colour shows.
type Meaning string

const (
	Good Meaning = "good"
	Bad  Meaning = "bad"
)

// Colours is how many series have a colour of their own.
const Colours = 8

// Front returns the points that no other one beats: those with a smaller Y than all that have a smaller or the same X, by X.
func Front(points []Point) (front []Point) {
	for _, p := range sortedByX(points) {
		if len(front) == 0 || p.Y < front[len(front)-1].Y {
			front = append(front, p)
		}
	}
	return front
}
