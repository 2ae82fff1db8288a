package cli

import (
	"math"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare"
)

func TestFidelityVerdict(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{{0.99, 1.01, "yes"}, {0.97, 1.01, "too wide"}, {1.01, 1.03, "too wide"}, {1.021, 1.05, "no"}, {0.9, 0.97, "no"},
		{math.NaN(), math.NaN(), "too wide"}} {
		row := fidelityRowOf(&compare.Row{Benchmark: "X", Unit: "sec/op", Reference: 1, Median: 1, Ratio: 1,
			Low: compare.Number(c.low), High: compare.Number(c.high)})
		var out strings.Builder
		a := app{out: &out, lang: "en"}
		err := a.showFidelity([]fidelityRow{row}, 5)
		if !strings.Contains(out.String(), " "+c.want) || (err != nil) != (c.want == "no") {
			t.Errorf("%v to %v: %v\n%s", c.low, c.high, err, &out)
		}
	}
}

func TestFidelityUsage(t *testing.T) {
	for flag, want := range map[string]string{"--blocks=4": "5 or more", "--suite=gc": "crypto, database"} {
		if code, _, said := typed("bench", "fidelity", "--lang", "en", flag); code != exitUsage || !strings.Contains(said, want) {
			t.Errorf("%s: status %d, %s", flag, code, said)
		}
	}
}
