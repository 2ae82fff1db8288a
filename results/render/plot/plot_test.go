package plot

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
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
	c := Chart{Title: `<b>"&`, X: Axis{Label: "x", Log: true}, Y: Axis{Label: "y", Zero: true}, Series: []Series{
		{Name: "a<script>", Points: []Point{{1, 2, "one", true}, {10, 3, "", false}, {100, math.NaN(), "", false}, {0, 1, "", false}}},
		{Name: "b", Line: Steps, Points: []Point{{1, 1, "", false}, {50, 4, "", false}}},
		{Line: Dashed, Points: []Point{{1, 1, "", false}, {50, 4, "", false}}}}}
	svg := c.SVG()
	if err := wellFormed(svg); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(svg, "<script") || strings.Contains(svg, "<b>") || strings.Contains(svg, "NaN") {
		t.Error("text is markup, or a number is none")
	}
	if n := strings.Count(svg, "<circle"); n != 2+2 { // and two of the legend
		t.Errorf("%d circles", n)
	}
	if svg != c.SVG() {
		t.Error("the same data give other bytes")
	}
	if err := wellFormed((Chart{}).SVG()); err != nil {
		t.Errorf("nothing: %v", err)
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
			for _, v := range s.ticks {
				if at := s.place(v); at < -0.01 || at > 100.01 {
					t.Errorf("%+v of %v: %v is outside", a, values, v)
				}
			}
		}
	}
}
