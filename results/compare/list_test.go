package compare

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// A row of the table is of the pair that is found for it, also where columns lack benchmarks.
func TestPairs(t *testing.T) {
	set := lab{rounds: 1, samples: 4, benchmarks: 8}.set(series.Chip, 1, 2, 3)
	for i := range set.Rows {
		var cells []series.Cell
		for k, cell := range set.Rows[i].Cells {
			if i>>k&1 == 1 {
				cells = append(cells, cell)
			}
		}
		set.Rows[i].Cells = cells
	}
	for reference := range set.Columns {
		c := &comparison{set: set, reference: reference, options: Defaults, refused: make([]*record.Sentence, 3)}
		c.options.Workers = 2
		var table Table
		c.makeWorkers()
		c.list(&table)
		c.measureAll(&table)
		if len(table.Rows) != 12 { // of 4 benchmarks that the reference has two each, and of 3 that others have one or two
			t.Errorf("%d rows", len(table.Rows))
		}
		for at, r := range table.Rows {
			p := c.pair(at)
			if p.cell == nil {
				if r.Verdict != NotCompared || r.Median.Known() || r.Rounds != 0 || r.Target == table.Reference || !r.Reference.Known() ||
					r.Why == nil || !strings.HasPrefix(r.Why.En, r.Target) {
					t.Errorf("row %d of a column without the benchmark: %+v", at, r)
				}
				continue
			}
			if p.row.Name != r.Benchmark || set.Columns[p.cell.Column].Label != r.Target || p.cell.Column == reference ||
				(p.reference == nil) == r.Reference.Known() || p.reference != nil && p.reference.Column != reference {
				t.Errorf("row %d is %s of %s, the pair is %+v", at, r.Benchmark, r.Target, p)
			}
		}
	}
}
