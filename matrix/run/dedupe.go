package run

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// skipDuplicates records `skip` for specs with the label "logic" on emulated and virtual targets where another target runs
// the same payload: such specs depend on the code alone, so one target is enough. A real machine runs all specs.
func (d *dispatcher) skipDuplicates(open []*cell) error {
	for _, c := range open {
		t := d.targets[c.Target]
		if d.absent(c) != nil || t.realMachine() || d.isTests(c.Item) {
			continue
		}
		other := d.sameCode(c)
		if other == nil {
			continue
		}
		reason := record.Sayf("left to %s, which runs the same payload: it asks for the code's own logic", "由运行同一测试程序的 %s 检查：此项考察代码自身的逻辑", other.Target)
		duplicates := c.remaining(func(s record.SpecPlan) bool { return s.Logic() && other.planned[s.ID] })
		if err := d.recordVerdicts(c, duplicates, record.SpecEnd{Verdict: record.Skip, Detail: &reason}); err != nil {
			return err
		}
	}
	return nil
}

// sameCode returns the cell of another target that runs the specs of c's item with the same payload: the cell on a real
// machine if there is one, else the first. It returns nil if c itself is that cell.
func (d *dispatcher) sameCode(c *cell) *cell {
	payload := d.targets[c.Target].payload.Digest
	same := slices.DeleteFunc(slices.Clone(d.cells), func(o *cell) bool {
		t := d.targets[o.Target]
		return o.Item != c.Item || o.Round != c.Round || t.absent != nil || t.noSuites != nil || t.payload.Digest != payload
	})
	native := slices.IndexFunc(same, func(o *cell) bool { return d.targets[o.Target].realMachine() })
	if first := same[max(native, 0)]; first != c {
		return first
	}
	return nil
}
