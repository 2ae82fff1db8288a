package compare

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// units has the rows of a benchmark by its name, one row for each unit.
type units map[series.Benchmark][]*series.Row

// unitsOf returns the units of a set.
func unitsOf(set *series.Set) units {
	u := units{}
	for i := range set.Rows {
		name := set.Rows[i].Benchmark
		name.Unit = ""
		u[name] = append(u[name], &set.Rows[i])
	}
	return u
}

// mixed returns a problem for each benchmark that a column has in another unit than the reference.
func (u units) mixed(c *comparison, row *series.Row, cell *series.Cell) []*record.Problem {
	name := row.Benchmark
	name.Unit = ""
	has := func(r *series.Row, column int) bool {
		return slices.ContainsFunc(r.Cells, func(x series.Cell) bool { return x.Column == column })
	}
	for _, other := range u[name] {
		if other.Unit != row.Unit && has(other, c.reference) && !has(other, cell.Column) {
			return []*record.Problem{record.Wrongf(cell.Place(), "%s is in %s here, in %s in %s: not compared",
				"%s 此处的单位是 %s，而 %[4]s 的单位是 %[3]s：不予比较", row.Benchmark, row.Unit, other.Unit,
				c.set.Columns[c.reference].Label)}
		}
	}
	return nil
}
