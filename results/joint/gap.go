package joint

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Gap has specs of an item that other runs planned and the run of a target did not, so that the target has no verdicts
// for them.
type Gap struct {
	Target string   `json:"target"`
	Item   string   `json:"item"`
	Specs  []string `json:"specs"`
	Why    string   `json:"why,omitempty"`
}

// Gaps returns all gaps of a joined run; nil for another run.
func Gaps(run *store.Run, lang string) []Gap {
	if len(run.Parts) == 0 {
		return nil
	}
	cells := map[[2]string][]*store.CellRun{}
	for _, c := range run.Cells {
		key := [2]string{c.Item, c.Target}
		cells[key] = append(cells[key], c)
	}
	var gaps []Gap
	for _, item := range run.Manifest.Items {
		plans := make([][]*store.Spec, len(run.Manifest.Targets))
		for i, t := range run.Manifest.Targets {
			plans[i] = planned(cells[[2]string{item, t.ID}])
		}
		for i, specs := range missing(plans) {
			if len(specs) > 0 {
				target := run.Manifest.Targets[i].ID
				gaps = append(gaps, Gap{Target: target, Item: item, Specs: specs, Why: exclusionReason(run, target, item).In(lang)})
			}
		}
	}
	return gaps
}

// planned returns the specs of an item on a target, of all rounds.
func planned(rounds []*store.CellRun) []*store.Spec {
	if len(rounds) == 0 {
		return nil
	}
	all := rounds[0].Specs
	if len(rounds) == 1 {
		return all
	}
	seen := make(map[string]bool, len(all))
	for _, s := range all {
		seen[s.ID] = true
	}
	for _, c := range rounds[1:] {
		for _, s := range c.Specs {
			if !seen[s.ID] {
				seen[s.ID] = true
				all = append(all[:len(all):len(all)], s)
			}
		}
	}
	return all
}

// missing returns for each plan the ids of the specs that other plans have and it does not have.
func missing(plans [][]*store.Spec) [][]string {
	out := make([][]string, len(plans))
	equal := func(p []*store.Spec) bool {
		return slices.EqualFunc(p, plans[0], func(a, b *store.Spec) bool { return a.ID == b.ID })
	}
	if !slices.ContainsFunc(plans, func(p []*store.Spec) bool { return !equal(p) }) {
		return out // the usual case
	}
	var union []string
	owners := map[string][]bool{}
	for i, p := range plans {
		for _, s := range p {
			if owners[s.ID] == nil {
				owners[s.ID] = make([]bool, len(plans))
				union = append(union, s.ID)
			}
			owners[s.ID][i] = true
		}
	}
	for i := range plans {
		for _, id := range union {
			if !owners[id][i] {
				out[i] = append(out[i], id)
			}
		}
	}
	return out
}

// exclusionReason returns the reason of the run's manifest exclusionReason a whole item is not planned on a target; "" if it has
// none.
func exclusionReason(run *store.Run, target, item string) record.Sentence {
	for _, x := range run.Manifest.Excluded {
		if x.Target == target && x.Item == item {
			return x.Why
		}
	}
	return record.Sentence{}
}
