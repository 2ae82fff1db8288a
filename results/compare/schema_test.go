package compare

import (
	"encoding/json"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/schematest"
)

// The committed schema takes tables of all kinds, and none that has lost a field that others rely on.
func TestSchema(t *testing.T) {
	s := schematest.Load(t, "compare.schema.json")
	emulated := lab{rounds: 5, samples: 5, benchmarks: 3, within: 0.02}.set(series.Chip, 1, 2, 1)
	emulated.Columns[2].Provenance = record.Emulated
	for name, table := range map[string]*Table{
		"rounds":     compared(t, emulated, func(o *Options) { o.Control = 20 }),
		"one round":  compared(t, lab{rounds: 1, samples: 8, benchmarks: 2, within: 0.02}.set(series.File, 1, 2)),
		"one column": compared(t, lab{rounds: 1, samples: 8, benchmarks: 2, within: 0.02}.set(series.File, 1)),
	} {
		text, err := json.Marshal(table)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		for _, field := range []string{"reference", "rows", "control"} {
			var fields map[string]any
			if err := json.Unmarshal(text, &fields); err != nil {
				t.Fatal(err)
			}
			delete(fields, field)
			if less, _ := json.Marshal(fields); s.Validate(less) == nil {
				t.Errorf("%s: a table without %s was taken", name, field)
			}
		}
	}
}
