package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// wide is a report of as many targets, each with 5 items.
func wide(targets int) Report {
	r := Report{}
	for n := range targets {
		t := TargetRow{ID: []string{"kunpeng-920", "phytium-ft2000plus", "loongson-3a6000", "hygon-c86-3g", "zhaoxin-kx-7000", "kunpeng-920/2", "loong64"}[n%7] + strings.Repeat("x", n/7), Provenance: record.Native}
		if n%7 == 6 {
			t.Provenance, t.Launcher = record.Emulated, record.Launcher{Name: "qemu-user", Version: "10.0.8", CPU: "la464"}
		}
		r.Targets = append(r.Targets, t)
		for i, item := range []string{"crypto", "database", "abi", "disk", "gc"} {
			r.Cells = append(r.Cells, CellRow{Target: t.ID, Item: item, Round: 1, Verdicts: map[record.Verdict]int{record.Miss: 4, record.Known: 407, record.Skip: 333, record.Pass: 2775 + i}})
		}
	}
	r.NotPlanned = []joint.Gap{{Target: r.Targets[0].ID, Item: "crypto", Specs: make([]string, 12)}}
	return r
}

// At every width each line fits, no count is broken apart, and every target is there: targets become rows, or the table
// comes in parts.
func TestVerdictsFitTheTerminal(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		for _, targets := range []int{1, 3, 5, 7, 12} {
			for _, width := range []int{80, 100, 120, 200} {
				s := style(Text, lang)
				s.Width = width
				r := wide(targets)
				var out strings.Builder
				r.matrix(&out, s)
				for line := range strings.Lines(out.String()) {
					if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n > width {
						t.Errorf("%s: %d targets at %d: a line takes %d: %s", lang, targets, width, n, line)
					}
				}
				whole := out.String()
				for i := range 5 {
					if count := fmt.Sprint(2775+i, " ", VerdictName(record.Pass).In(lang)); strings.Count(whole, count) != targets {
						t.Errorf("%s: %d targets at %d: %q stands %d times\n%s", lang, targets, width, count, strings.Count(whole, count), whole)
					}
				}
				if targets == 7 && width == 120 && strings.Count(whole, "┌") != 1 {
					t.Errorf("seven targets at 120 are not one table:\n%s", whole)
				}
			}
		}
	}
}
