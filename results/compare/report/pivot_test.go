package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// chips is a comparison of chips by a benchmark whose median is 100 ns more on each.
func chips(t *testing.T, names ...string) *compare.Table {
	t.Helper()
	var list []series.Sampled
	for n, chip := range names {
		for round := 1; round <= 6; round++ {
			s := series.Sampled{Origin: series.Origin{Run: fmt.Sprint("r", n), Target: "native", Chip: chip, Provenance: record.Native, Round: round, Payload: "sha256:1", BuildKey: "k"}, Item: "crypto"}
			for i := range 5 {
				s.Samples = append(s.Samples, record.Sample{Name: "SM3", Unit: "ns/op", Better: record.Lower, Value: float64(100*(n+1)) + float64((i+round)%3)/10})
			}
			list = append(list, s)
		}
	}
	set, problems := series.Collect(list, series.Chip)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	o := compare.Defaults
	o.Control, o.Mixed = 0, true
	table, err := compare.Compare(set, o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// By chip there is a column for each chip: the ratio with its interval, and the verdict.
func TestChipsSideBySide(t *testing.T) {
	table := chips(t, "kunpeng-920", "3a6000", "hygon-c86-3g")
	for format, want := range map[Format][]string{Text: {"│ kunpeng-920 │ 3a6000", "│ Crypto/SM3 │", "1.999 (1.999–1.999) slower"}, Markdown: {"| 3a6000 | hygon-c86-3g |", "slower"}} {
		var out strings.Builder
		if err := Write(&out, table, Style{Format: format, Lang: "en"}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: %q is missing in\n%s", format, w, out.String())
			}
		}
		if n := strings.Count(out.String(), "Crypto/SM3"); n != 1 {
			t.Errorf("%s: the benchmark has %d rows\n%s", format, n, out.String())
		}
	}
}

// Every table fits the terminal, with each ratio in it once: chips side by side come in parts, rows of two chips are stacked.
func TestComparisonsFitTheTerminal(t *testing.T) {
	many := chips(t, "kunpeng-920", "3a6000", "hygon-c86-3g", "phytium-ft2000plus", "kx-6000", "kunpeng-916", "3c5000")
	for name, c := range map[string]struct {
		table *compare.Table
		say   []string
	}{
		"seven chips": {many, []string{"1.999", "2.998", "3.997", "4.996", "5.995", "6.994"}},
		"two chips":   {chips(t, "kunpeng-920", "phytium-ft2000plus"), []string{"1.999", "slower", "kunpeng-920", "phytium-ft2000plus"}},
	} {
		for _, width := range []int{80, 120} {
			var out strings.Builder
			if err := Write(&out, c.table, Style{Format: Text, Lang: "en", Width: width}); err != nil {
				t.Fatal(err)
			}
			grid, _, _ := strings.Cut(out.String(), "\n[") // sentences below are the terminal's to wrap
			for line := range strings.Lines(grid) {
				if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n > width && strings.ContainsAny(line, "│─") {
					t.Errorf("%s, width %d: a line takes %d: %s", name, width, n, line)
				}
			}
			for _, want := range c.say {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s, width %d: %q is missing:\n%s", name, width, want, out.String())
				}
			}
		}
	}
}
