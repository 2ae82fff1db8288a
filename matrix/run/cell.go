package run

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// cell is a planned cell on its way. One goroutine at a time works on it.
type cell struct {
	store.CellPlan
	attempts int
	futile   int             // processes in a row that ended before their first spec
	killed   map[string]bool // specs whose process somebody else killed, once
	payload  string          // digest of what it was run with before, when it is resumed
	planned  map[string]bool // by spec id
	ended    map[string]bool
	found    map[string][]string // ids of the findings that a spec reported in its last process
}

func newCell(p store.CellPlan) *cell {
	c := &cell{CellPlan: p, planned: map[string]bool{}, ended: map[string]bool{}, killed: map[string]bool{}, found: map[string][]string{}}
	for _, s := range p.Specs {
		c.planned[s.ID] = true
	}
	return c
}

// key names the cell's current attempt in the journal.
func (c *cell) key() store.Cell {
	return store.Cell{Target: c.Target, Item: c.Item, Round: c.Round, Attempt: c.attempts}
}

// left are the specs of a kind that have no verdict yet.
func (c *cell) left(which func(record.SpecPlan) bool) []record.SpecPlan {
	var left []record.SpecPlan
	for _, s := range c.Specs {
		if !c.ended[s.ID] && which(s) {
			left = append(left, s)
		}
	}
	return left
}

// labels of a spec, as it is planned.
func (c *cell) labels(spec string) []string {
	i := slices.IndexFunc(c.Specs, func(p record.SpecPlan) bool { return p.ID == spec })
	if i < 0 {
		return nil
	}
	return c.Specs[i].Labels
}

func (c *cell) done() bool { return len(c.ended) == len(c.Specs) }
