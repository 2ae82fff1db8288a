package compare

import (
	"sync"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// addProblems adds to a table the problems of the data as a whole.
func (c *comparison) addProblems(t *Table) {
	var single singles
	units := sync.OnceValue(func() units { return unitsOf(c.set) })
	for i := range c.set.Rows {
		row := &c.set.Rows[i]
		reference := c.cell(row)
		for k := range row.Cells {
			cell := &row.Cells[k]
			if c.refused[cell.Column] != nil {
				continue // no row uses it
			}
			if cell.Samples() == 1 {
				single.add(row, cell)
			}
			if reference == nil {
				t.Problems = append(t.Problems, units().mixed(c, row, cell)...)
			}
		}
	}
	single.report(t)
}

// singles counts the series that have one sample only. In a file they are probably a mistake; in a run, benchmarks whose
// speed does not count give them.
type singles struct{ files, runs single }

// single is the first such series, and their number.
type single struct {
	row  *series.Row
	cell *series.Cell
	n    int
}

// add counts a series.
func (s *singles) add(row *series.Row, cell *series.Cell) {
	of := &s.runs
	if cell.Line > 0 {
		of = &s.files
	}
	if of.n++; of.n == 1 {
		of.row, of.cell = row, cell
	}
}

// report adds one problem for all files, and one for all runs.
func (s *singles) report(t *Table) {
	if f := s.files; f.n > 0 {
		t.Problems = append(t.Problems, &record.Problem{Place: f.cell.Place(), Sentence: f.sentence()})
	}
	if s.runs.n > 0 {
		t.Notes = append(t.Notes, s.runs.sentence())
	}
}

// sentence returns the problem as a sentence.
func (s *single) sentence() record.Sentence {
	if s.n == 1 {
		return record.Sayf("%s has one sample (%s)", "%s 只有一个样本（%s）", s.row.Benchmark, s.row.Unit)
	}
	return record.Sayf("%d series have one sample each, the first of them %s (%s)", "%d 个序列各只有一个样本，第一个是 %s（%s）",
		s.n, s.row.Benchmark, s.row.Unit)
}
