package cli

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Deep specs take minutes: they are selected by their label or their id alone, never because an expression leaves out others.
func TestDeepSpecsAreSelectedByName(t *testing.T) {
	deep := record.SpecPlan{ID: "pulls the disk out a thousand times", Labels: []string{"deep"}}
	plain := record.SpecPlan{ID: "reads what was written"}
	bench := record.SpecPlan{ID: "writes", Labels: []string{"bench"}}
	for _, c := range []struct {
		label string
		ids   []string
		want  [3]bool // deep, plain, bench
	}{
		{"", nil, [3]bool{false, true, true}},
		{"!bench", nil, [3]bool{false, true, false}},
		{"bench", nil, [3]bool{false, false, true}},
		{"deep", nil, [3]bool{true, false, false}},
		{"deep || bench", nil, [3]bool{true, false, true}},
		{"!deeper", nil, [3]bool{false, true, true}},
		{"", []string{deep.ID}, [3]bool{true, false, false}},
		{"!bench", []string{deep.ID, bench.ID}, [3]bool{true, false, false}},
		{"deep", []string{deep.ID, plain.ID}, [3]bool{true, false, false}},
	} {
		keep, err := specFilter(c.label, c.ids)
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]bool{keep(deep), keep(plain), keep(bench)}; got != c.want {
			t.Errorf("--label %q and --spec %q select deep, plain, bench: %v, want %v", c.label, c.ids, got, c.want)
		}
	}
}
