package triage

import "github.com/xcmatrix/xcmatrix/results/record"

// mark sets the class of each spec that is not in order: that of the first finding that it reports.
func (g *gathering) mark(found []Finding) {
	classes := map[string]Class{}
	for _, f := range found {
		classes[f.ID] = f.Class
	}
	for _, cell := range g.run.Cells {
		for _, s := range cell.Specs {
			if s.Verdict == record.Miss || s.Verdict == record.Error {
				s.Class = string(Environment)
			} else if ids := g.reports.Under(s); len(ids) > 0 {
				s.Class = string(classes[ids[0]])
			}
		}
	}
}
