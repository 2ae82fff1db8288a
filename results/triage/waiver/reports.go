package waiver

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Reports has the findings that a run reports, by spec and target.
type Reports struct {
	bySpec   map[*store.Spec][]string
	byTarget map[string]map[string]bool
}

// Reported returns the findings that a run reports.
func Reported(run *store.Run) Reports {
	r := Reports{bySpec: map[*store.Spec][]string{}, byTarget: map[string]map[string]bool{}}
	for _, cell := range run.Cells {
		if r.byTarget[cell.Target] == nil {
			r.byTarget[cell.Target] = map[string]bool{}
		}
		byID := map[string]*store.Spec{}
		for _, s := range cell.Specs {
			if len(cell.Findings) > 0 {
				byID[s.ID] = s
			}
			switch s.Verdict {
			case record.Crash, record.Timeout, record.Known: // known: a crash before the list was applied
				r.add(cell, s, labels(s)...)
			}
		}
		for _, f := range cell.Findings {
			r.add(cell, byID[f.Spec], f.ID)
		}
		for _, s := range cell.Specs {
			if failing(s.Verdict) && len(r.bySpec[s]) == 0 {
				r.add(cell, s, SpecFinding(cell.Item, s.ID))
			}
		}
	}
	return r
}

// add adds findings of a spec.
func (r Reports) add(cell *store.CellRun, s *store.Spec, ids ...string) {
	for _, id := range ids {
		r.byTarget[cell.Target][id] = true
		if s != nil && !slices.Contains(r.bySpec[s], id) {
			r.bySpec[s] = append(r.bySpec[s], id)
		}
	}
}

// Under returns the ids of the findings that a spec reports.
func (r Reports) Under(s *store.Spec) []string { return r.bySpec[s] }

// SpecFinding returns the id of the finding for a spec that fails and reports none: the item, and the spec's id without
// blanks.
func SpecFinding(item, spec string) string {
	parts := strings.Split(spec, " / ")
	for i, p := range parts {
		parts[i] = strings.Join(strings.Fields(p), "-")
	}
	id := strings.Join(parts, "/")
	if strings.HasPrefix(id, item+"/") { // ids of a user's own tests begin with the item already
		return id
	}
	return item + "/" + id
}

// labels returns the findings that the labels of a spec name.
func labels(s *store.Spec) []string { return promised(s.Labels) }

// promised returns the findings that labels name.
func promised(labels []string) []string {
	var ids []string
	for _, l := range labels {
		if id, ok := strings.CutPrefix(l, labelFinding); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// failing reports whether a verdict is one of failure.
func failing(v record.Verdict) bool {
	return v == record.Fail || v == record.Crash || v == record.Timeout
}
