package compare

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/rounds"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// comparison is the state that the steps of one comparison share.
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

// fact has the values behind a row's verdict that the table does not show.
type fact struct {
	rounds  *rounded // nil unless its rounds are compared
	least   float64  // the smallest P that data of this size can have
	certain bool     // values do not scatter, so nothing is tested
	derived int32    // from 1: the row of the time that this rate repeats; 0 for none
}

// rounded is a row whose rounds are compared.
type rounded struct {
	difference rounds.Difference
	estimate   rounds.Estimate
}

// pair is the two series behind a row of the table; one may be absent.
type pair struct {
	row             *series.Row
	reference, cell *series.Cell
}

// list allocates the table's rows: by benchmark, then by column.
func (c *comparison) list(t *Table) {
	n := 0
	c.starts = make([]int, 0, len(c.set.Rows)+1)
	for i := range c.set.Rows {
		row := &c.set.Rows[i]
		c.starts = append(c.starts, n)
		n += len(row.Cells)
		if c.cell(row) != nil { // a row for each other column; those without the benchmark come last
			n = c.starts[i] + len(c.set.Columns) - 1
		}
	}
	c.starts = append(c.starts, n)
	t.Rows, c.facts = make([]Row, n), make([]fact, n)
}

// cell returns the reference's cell of a row; nil if it has none.
func (c *comparison) cell(row *series.Row) *series.Cell {
	if c.reference < len(row.Cells) && row.Cells[c.reference].Column == c.reference { // all columns before it have the benchmark
		return &row.Cells[c.reference]
	}
	at, ok := slices.BinarySearchFunc(row.Cells, c.reference, func(x series.Cell, column int) int { return x.Column - column })
	if !ok {
		return nil
	}
	return &row.Cells[at]
}

// pair returns the two series behind a row of the table.
func (c *comparison) pair(at int) pair {
	i, ok := slices.BinarySearch(c.starts, at)
	if !ok {
		i--
	}
	for c.starts[i+1] == at { // this row of the set has no rows in the table
		i++
	}
	p := pair{row: &c.set.Rows[i]}
	p.reference = c.cell(p.row)
	left := at - c.starts[i]
	for k := range p.row.Cells {
		if cell := &p.row.Cells[k]; cell != p.reference {
			if left == 0 {
				p.cell = cell
				break
			}
			left--
		}
	}
	return p
}

// addMissingRow sets a row for a benchmark that the reference has and the column with index in does not have.
func (c *comparison) addMissingRow(r *Row, row *series.Row, reference *series.Cell, in int) {
	column := &c.set.Columns[in]
	*r = Row{Benchmark: row.String(), Target: column.Label, Unit: row.Unit, Better: row.Better, Verdict: NotCompared,
		Provenance: column.Provenance, Reference: Number(reference.Rounds.Median()), Median: nan, Ratio: nan, Low: nan, High: nan,
		P: nan, Q: nan, MDE: nan}
	switch {
	case c.refused[in] != nil:
		r.Why = c.refused[in]
	case len(column.Unused) > 0:
		r.Why = because("%s has no such benchmark in this unit, or none in a round that is used", "%s 没有该单位的此项基准测试，或其各轮均未采用", column.Label)
	default:
		r.Why = because("%s has no such benchmark in this unit", "%s 没有该单位的此项基准测试", column.Label)
	}
}

// begin sets the fields of a row that need no estimate, with the reason if nothing can be compared.
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
			r.Verdict = "" // judge sets it
		}
	}
}
