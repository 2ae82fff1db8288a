package plot

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// wellFormed reports the first error of an XML text.
func wellFormed(text string) error {
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// A chart is XML, has a mark for each point that can be placed, writes names as text, and is the same each time.
func TestSVG(t *testing.T) {
	svg := example.SVG("en")
	if err := wellFormed(svg); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(svg, "<script") || strings.Contains(svg, "<b>") || strings.Contains(svg, "NaN") || strings.ContainsAny(svg, "\x1b\u202e") {
		t.Error("text is markup, or a number is none")
	}
	if n := strings.Count(svg, "<circle"); n != 2+1 { // and one of the legend
		t.Errorf("%d circles", n)
	}
	if svg != example.SVG("en") {
		t.Error("the same data give other bytes")
	}
	if err := wellFormed((Chart{}).SVG("zh")); err != nil {
		t.Errorf("nothing: %v", err)
	}
	if !strings.Contains(example.SVG("zh"), ">乙</text>") || strings.Contains(svg, "乙") {
		t.Error("a language is not the one that was asked for")
	}
}

var example = Chart{Title: record.Say("<b>\"&\x1b\u202e", ""), X: Axis{Label: record.Say("x", ""), Log: true}, Y: Axis{Label: record.Say("y", ""), Zero: true}, Series: []Series{
	{Name: record.Say("a<script>", ""), Points: []Point{{X: 1, Y: 2, Label: "one", Strong: true}, {X: 10, Y: 3, Low: 2.5, High: 4, Title: "<"},
		{X: 100, Y: math.NaN()}, {X: 0, Y: 1}, {X: 1, Y: math.MaxFloat64}}},
	{Name: record.Say("b", "乙"), Line: Steps, Points: []Point{{X: 1, Y: 1}, {X: 50, Y: 4}}},
	{Line: Dashed, Points: []Point{{X: 1, Y: 1}, {X: 50, Y: 4}}}}, Rules: []Rule{{5, "<rule>", Bad}}}

// Within a page a chart has its texts in both languages and no sheet of its own.
func TestInline(t *testing.T) {
	svg := example.Inline()
	if err := wellFormed(svg); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(svg, "<style") || !strings.Contains(svg, `<text lang="en" class="label" x="`) || !strings.Contains(svg, ">乙</text>") {
		t.Errorf("%s", svg)
	}
}

// Labels lie on no other label and on no point; one without room is left out.
func TestLabels(t *testing.T) {
	var cluster Series
	for i := range 60 {
		cluster.Points = append(cluster.Points, Point{X: 1 + float64(i)/1e4, Y: 1, Label: "label"})
	}
	cluster.Points = append(cluster.Points, Point{X: 5, Y: 5, Label: "apart"})
	svg := Chart{Series: []Series{cluster}}.SVG("en")
	if n := strings.Count(svg, ">label</text>"); n < 1 || n > 8 || !strings.Contains(svg, ">apart</text>") {
		t.Errorf("%d labels", n)
	}
}

// Times have a fitting unit, and other numbers a prefix.
func TestAxisOf(t *testing.T) {
	for unit, want := range map[string]string{"ns/op": "1.5 ms", "sec/op": "1.5 s", "MB/s": "1.5 M"} {
		value := 1.5e6
		if unit == "sec/op" {
			value = 1.5
		}
		if got := AxisOf(record.Say("x", ""), unit).Format(value); got != want {
			t.Errorf("%s: %q", unit, got)
		}
	}
}

// The front has the points that no other one beats.
func TestFront(t *testing.T) {
	front := Front([]Point{{X: 3, Y: 1}, {X: 1, Y: 5}, {X: 2, Y: 5}, {X: 2, Y: 4}, {X: 4, Y: 2}})
	if len(front) != 3 || front[0].X != 1 || front[1].Y != 4 || front[2].X != 3 {
		t.Errorf("%v", front)
	}
}

// Ticks of one's own are all there is, and are within the axis.
func TestOwnTicks(t *testing.T) {
	svg := Chart{X: Axis{Ticks: []Tick{{1, record.Say("p50", "")}, {9, record.Say("max", "最大")}}}, Series: []Series{{Points: []Point{{X: 1, Y: 1}}}}}.SVG("zh")
	if strings.Count(svg, `class="x"`) != 2+2 || !strings.Contains(svg, ">最大</text>") { // and the labels of the axes
		t.Errorf("%s", svg)
	}
}

// There are some ticks for values of any size, all within the scale.
func TestTicks(t *testing.T) {
	for _, a := range []Axis{{}, {Zero: true}, {Log: true}} {
		for _, values := range [][]float64{{1, 2}, {0.001, 0.0011}, {5, 5}, {1e9, 3e9, 8e12}, {3, 700}, nil} {
			s := a.scale(values, 0, 100)
			if len(s.ticks) < 2 || len(s.ticks) > 16 {
				t.Errorf("%+v of %v: %v", a, values, s.ticks)
			}
			for _, tick := range s.ticks {
				v := tick.At
				if at := s.place(v); at < -0.01 || at > 100.01 {
					t.Errorf("%+v of %v: %v is outside", a, values, v)
				}
			}
		}
	}
}
