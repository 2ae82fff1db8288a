package run

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// cell is the state of a planned cell while it runs. Only one goroutine at a time may use it.
type cell struct {
	store.CellPlan
	attempts     int             // processes started so far
	failedStarts int             // processes in a row that ended before their first verdict
	killedOnce   map[string]bool // ids of specs whose process a SIGKILL from outside ended; each is tried once more
	payload      string          // digest of the payload of the earlier attempts, in a resumed run
	planned      map[string]bool // by spec id
	ended        map[string]bool // ids of specs that have a verdict
	suspects     []string        // ids of specs that were open together when a process ended
	verdicts     map[string]record.Verdict
	causes       map[string]record.Cause // of the last finding that a spec reported, by spec id
	findings     map[string][]string     // ids of the findings that a spec reported in its last process, by spec id
}

func newCell(p store.CellPlan) *cell {
	c := &cell{CellPlan: p, planned: map[string]bool{}, ended: map[string]bool{}, killedOnce: map[string]bool{}, verdicts: map[string]record.Verdict{}, findings: map[string][]string{}, causes: map[string]record.Cause{}}
	for _, s := range p.Specs {
		c.planned[s.ID] = true
	}
	return c
}

// key returns the name of the cell's current attempt in the journal.
func (c *cell) key() store.Cell {
	return store.Cell{Target: c.Target, Item: c.Item, Round: c.Round, Attempt: c.attempts}
}

// remaining returns the specs that match the filter and have no verdict yet.
func (c *cell) remaining(filter func(record.SpecPlan) bool) []record.SpecPlan {
	var specs []record.SpecPlan
	for _, s := range c.Specs {
		if !c.ended[s.ID] && filter(s) {
			specs = append(specs, s)
		}
	}
	return specs
}

// labels returns the planned labels of a spec; nil for a spec that is not in the plan.
func (c *cell) labels(spec string) []string {
	i := slices.IndexFunc(c.Specs, func(p record.SpecPlan) bool { return p.ID == spec })
	if i < 0 {
		return nil
	}
	return c.Specs[i].Labels
}

// done reports whether every spec of the cell has a verdict.
func (c *cell) done() bool { return len(c.ended) == len(c.Specs) }

// next returns the specs of the next process: one suspect alone, or all that are left.
func (c *cell) next(remaining []record.SpecPlan) []record.SpecPlan {
	for len(c.suspects) > 0 {
		id := c.suspects[0]
		c.suspects = c.suspects[1:]
		if i := slices.IndexFunc(remaining, func(s record.SpecPlan) bool { return s.ID == id }); i >= 0 {
			return remaining[i : i+1]
		}
	}
	return remaining
}
