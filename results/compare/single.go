package compare

import (
	"sync"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// doubts tells what is wrong with the data as a whole.
func (c *comparison) doubts(t *Table) {
	var single singles
	units := sync.OnceValue(func() units { return unitsOf(c.set) })
	for i := range c.set.Rows {
		row := &c.set.Rows[i]
		reference := c.cell(row)
		for k := range row.Cells {
			cell := &row.Cells[k]
			if c.refused[cell.Column] != nil {
				continue // then it matters to nobody
			}
			if cell.Samples() == 1 {
				single.add(row, cell)
			}
			if reference == nil {
				t.Problems = append(t.Problems, units().mixed(c, row, cell)...)
			}
		}
	}
	single.tell(t)
}

// singles are the series that have but one sample. A file with them is not what its writer meant; in a run they are
// what a benchmark gives where its speed does not count.
type singles struct{ files, runs single }

// single is the first such series, and how many there are.
type single struct {
	row  *series.Row
	cell *series.Cell
	n    int
}

func (s *singles) add(row *series.Row, cell *series.Cell) {
	of := &s.runs
	if cell.Line > 0 {
		of = &s.files
	}
	if of.n++; of.n == 1 {
		of.row, of.cell = row, cell
	}
}

// tell says it once of all files and once of all runs.
func (s *singles) tell(t *Table) {
	if f := s.files; f.n > 0 {
		t.Problems = append(t.Problems, &record.Problem{Place: f.cell.Place(), Sentence: f.sentence()})
	}
	if s.runs.n > 0 {
		t.Notes = append(t.Notes, s.runs.sentence())
	}
}

func (s *single) sentence() record.Sentence {
	if s.n == 1 {
		return record.Sayf("%s has one sample (%s)", "%s 只有一个样本（%s）", s.row.Benchmark, s.row.Unit)
	}
	return record.Sayf("%d series have one sample each, the first of them %s (%s)", "%d 个序列各只有一个样本，第一个是 %s（%s）",
		s.n, s.row.Benchmark, s.row.Unit)
}
