package history

import (
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// bars of a sparkline, lowest first.
var bars = []rune("▁▂▃▄▅▆▇█")

// Sparkline returns the medians as a row of bars, with a mark before each run at which the level changed.
func (t *Trend) Sparkline() string {
	low, high := t.extent(func(p Point) (float64, float64) { return p.Median, p.Median })
	var b strings.Builder
	for _, p := range t.Points {
		if p.Changed != nil {
			b.WriteByte('|')
		}
		i := len(bars) / 2
		if high > low {
			i = int((p.Median - low) / (high - low) * float64(len(bars)-1))
		}
		b.WriteRune(bars[i])
	}
	return b.String()
}

// extent returns the smallest low and the largest high of all points.
func (t *Trend) extent(of func(Point) (low, high float64)) (low, high float64) {
	for i, p := range t.Points {
		l, h := of(p)
		if i == 0 || l < low {
			low = l
		}
		if i == 0 || h > high {
			high = h
		}
	}
	return low, high
}

// In returns a sentence on a change in a language.
func (c *Change) In(lang string) string {
	word := words[c.Verdict]
	if c.Ratio == 0 {
		return record.Sayf("%s from here on: no ratio to 0 (p %.2g)", "自此%s：与 0 相比无比值（p %.2g）", word, c.P).In(lang)
	}
	return record.Sayf("%s from here on: %.3f times (p %.2g)", "自此%s：%.3f 倍（p %.2g）", word, c.Ratio, c.P).In(lang)
}

// In returns a sentence on a last run that lies apart, in a language.
func (a *Alone) In(lang string) string {
	word := words[a.Verdict]
	return record.Sayf("%s in the last run: %.3f times; one run, not yet a level", "最近一次运行%s：%.3f 倍；仅此一次，尚不构成新的水平",
		word, a.Ratio).In(lang)
}

var words = map[compare.Verdict]record.Sentence{
	compare.Faster: record.Say("faster", "更快"), compare.Slower: record.Say("slower", "更慢"),
	compare.HigherValue: record.Say("higher", "更高"), compare.LowerValue: record.Say("lower", "更低"),
}

// Size of the picture in pixels, and the margin for words.
const (
	wide, tall = 900.0, 260.0
	margin     = 30.0
)

var picture = sync.OnceValue(func() *template.Template { return template.Must(template.New("history").Parse(pictureText)) })

const pictureText = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 260" font-family="sans-serif" font-size="12">
<text x="30" y="18">{{.Title}}</text>
{{range .Points}}<line x1="{{.X}}" x2="{{.X}}" y1="{{.High}}" y2="{{.Low}}" stroke="#9ab"/><circle cx="{{.X}}" cy="{{.Y}}" r="3.5" fill="#246"><title>{{.Title}}</title></circle>
{{if .Change}}<line x1="{{.X}}" x2="{{.X}}" y1="26" y2="234" stroke="{{.Color}}" stroke-dasharray="4 3"/><text x="{{.X}}" y="250" fill="{{.Color}}" text-anchor="middle">{{.Change}}</text>
{{end}}{{end}}<polyline fill="none" stroke="#246" points="{{.Line}}"/>
</svg>
`

var colors = map[compare.Verdict]string{compare.Faster: "#17722b", compare.Slower: "#b3261e",
	compare.HigherValue: "#444", compare.LowerValue: "#444"}

// drawn are the values for the picture's template.
type drawn struct {
	X, Y, Low, High      string
	Title, Change, Color string
}

// SVG writes a picture of the medians with the range of their rounds, and of the changes.
func (t *Trend) SVG(w io.Writer) error {
	low, high := t.extent(func(p Point) (float64, float64) { return p.Low, p.High })
	if high == low {
		high, low = high*1.01, low*0.99
	}
	y := func(v float64) string { return fmt.Sprintf("%.1f", tall-margin-(v-low)/(high-low)*(tall-2*margin)) }
	data := struct {
		Title, Line string
		Points      []drawn
	}{Title: fmt.Sprintf("%s @ %s, %s", t.Benchmark, t.Target, t.Unit)}
	for i, p := range t.Points {
		x := fmt.Sprintf("%.1f", margin+float64(i)*(wide-2*margin)/float64(max(1, len(t.Points)-1)))
		d := drawn{X: x, Y: y(p.Median), Low: y(p.Low), High: y(p.High), Title: fmt.Sprintf("%s %s: %.4g", p.Run, p.Commit, p.Median)}
		if c := p.Changed; c != nil {
			d.Change, d.Color = "0", colors[c.Verdict]
			if c.Ratio != 0 {
				d.Change = fmt.Sprintf("×%.3f", c.Ratio)
			}
		}
		data.Points = append(data.Points, d)
		data.Line += x + "," + d.Y + " "
	}
	return picture().Execute(w, data)
}
