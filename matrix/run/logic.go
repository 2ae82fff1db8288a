package run

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// leaveLogic gives the specs that ask for the code's own logic to one of the targets that run the same payload, and says
// to the others which. A real machine runs all: what is emulated or virtual has only its kernel and its processor to itself.
func (d *dispatcher) leaveLogic(open []*cell) error {
	for _, c := range open {
		t := d.targets[c.Target]
		if t.absent != nil || t.Name == "native" {
			continue
		}
		other := d.sameCode(c)
		if other == nil {
			continue
		}
		why := record.Sayf("left to %s, which runs the same payload: it asks for the code's own logic", "由运行同一载荷的 %s 检查：此项考察代码自身的逻辑", other.Target)
		left := c.left(func(p record.SpecPlan) bool { return p.Logic() && other.planned[p.ID] })
		if err := d.recordVerdicts(c, left, record.SpecEnd{Verdict: record.Skip, Detail: &why}); err != nil {
			return err
		}
	}
	return nil
}

// sameCode is the cell that runs a cell's code as well: one on a real machine, or the first of those on others.
func (d *dispatcher) sameCode(c *cell) *cell {
	payload := d.targets[c.Target].payload.Digest
	alike := slices.DeleteFunc(slices.Clone(d.cells), func(o *cell) bool {
		t := d.targets[o.Target]
		return o.Item != c.Item || o.Round != c.Round || t.absent != nil || t.payload.Digest != payload
	})
	real := slices.IndexFunc(alike, func(o *cell) bool { return d.targets[o.Target].Name == "native" })
	if first := alike[max(real, 0)]; first != c {
		return first
	}
	return nil
}
