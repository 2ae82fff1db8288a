package render

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Whoever reads a table learns in it that a stand-in answered, and for what.
func TestStandInIsSaid(t *testing.T) {
	cell := func(target, label string) *store.CellRun {
		return &store.CellRun{Target: target, Item: "database", Round: 1, Specs: []*store.Spec{
			{SpecPlan: record.SpecPlan{ID: "dm / a", Labels: []string{label}}, SpecEnd: record.SpecEnd{Verdict: record.Pass}, Ended: true}}}
	}
	run := &store.Run{Manifest: store.Manifest{Targets: []store.Target{{ID: "native"}, {ID: "arm64"}}}}
	for lang, want := range map[string]string{"en": "database (DM8: stand-in, not a server)", "zh": "database（DM8：替身，非真实服务器）"} {
		for _, format := range []Format{Text, Markdown, CSV} {
			for said, label := range map[bool]string{true: record.LabelStandIn + "DM8", false: "other"} {
				run.Cells = []*store.CellRun{cell("native", label), cell("arm64", label)}
				var out strings.Builder
				if err := New(run, nil, lang).Tables(&out, Style{Format: format, Lang: lang}); err != nil {
					t.Fatal(err)
				}
				if got := strings.Contains(out.String(), want); got != said {
					t.Errorf("%s %s: said: %v, want %v\n%s", lang, format, got, said, out.String())
				}
			}
		}
	}
}
