package compare

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// comparison is what comparing shares between its steps.
type comparison struct {
	set       *series.Set
	options   Options
	reference int
	refused   []*record.Sentence // by column
	starts    []int              // the first row of the table for each row of the set, and the end of the last one's
	facts     []fact             // by row of the table
	families  map[string]*family // by unit
	workers   []*worker
	means     means
}

// fact is what a row's verdict comes from, beside what it shows.
type fact struct {
	rounds  *rounded // nil unless its rounds are compared
	least   float64  // no data of this size give a smaller P
	certain bool     // no value scatters: there is nothing to test
	derived int32    // from 1: the row of which this one says the same again, a rate beside its time
}

// rounded is a row whose rounds are compared.
type rounded struct {
	difference rounds.Difference
	estimate   rounds.Estimate
}

// pair is the two series behind a row of the table; the reference's may be missing.
type pair struct {
	row             *series.Row
	reference, cell *series.Cell
}

// list makes room for the table's rows: by benchmark, then by column.
func (c *comparison) list(t *Table) {
	n := 0
	c.starts = make([]int, 0, len(c.set.Rows)+1)
	for i := range c.set.Rows {
		row := &c.set.Rows[i]
		c.starts = append(c.starts, n)
		if n += len(row.Cells); c.cell(row) != nil {
			n--
		}
	}
	c.starts = append(c.starts, n)
	t.Rows, c.facts = make([]Row, n), make([]fact, n)
}

// cell is the reference's cell of a row, nil if it has none.
func (c *comparison) cell(row *series.Row) *series.Cell {
	if c.reference < len(row.Cells) && row.Cells[c.reference].Column == c.reference { // no column before lacks it
		return &row.Cells[c.reference]
	}
	at, ok := slices.BinarySearchFunc(row.Cells, c.reference, func(x series.Cell, column int) int { return x.Column - column })
	if !ok {
		return nil
	}
	return &row.Cells[at]
}

// pair finds the two series behind a row of the table.
func (c *comparison) pair(at int) pair {
	i, ok := slices.BinarySearch(c.starts, at)
	if !ok {
		i--
	}
	for c.starts[i+1] == at { // it has no rows
		i++
	}
	p := pair{row: &c.set.Rows[i]}
	p.reference = c.cell(p.row)
	left := at - c.starts[i]
	for k := range p.row.Cells {
		if p.cell = &p.row.Cells[k]; p.cell != p.reference {
			if left == 0 {
				break
			}
			left--
		}
	}
	return p
}

// begin writes one row before anything is estimated, with a reason where there is nothing to compare.
func (c *comparison) begin(r *Row, p pair) {
	column := &c.set.Columns[p.cell.Column]
	*r = Row{Benchmark: p.row.String(), Target: column.Label, Unit: p.row.Unit, Better: p.row.Better, Verdict: NotCompared,
		Provenance: column.Provenance, Rounds: len(p.cell.Rounds), Samples: p.cell.Samples(),
		Median: Number(p.cell.Rounds.Median()), Reference: nan, Ratio: nan, Low: nan, High: nan, P: nan, Q: nan, MDE: nan}
	if p.reference != nil {
		r.Reference = Number(p.reference.Rounds.Median())
	}
	switch {
	case c.refused[p.cell.Column] != nil:
		r.Why = c.refused[p.cell.Column]
	case p.reference == nil:
		r.Why = because("%s has no such benchmark in this unit", "%s 没有该单位的此项基准测试", c.set.Columns[c.reference].Label)
	default:
		if r.Test, r.Why = c.test(p.reference, p.cell); r.Why == nil {
			r.Verdict = "" // until it is judged
		}
	}
}
