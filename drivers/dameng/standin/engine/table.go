package engine

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// table holds rows in the order in which they came.
type table struct {
	columns  []wire.Column
	key      int // the column of the primary key, -1 without
	identity int // the column that numbers itself, -1 without
	keys     map[any]bool
	next     int64 // of the column that numbers itself
	rows     []*row
}

type row struct{ values []any }

// insert adds a row, and returns what takes it out again.
func (t *table) insert(values []any) (undo func(), err error) {
	if t.identity >= 0 && values[t.identity] == nil {
		t.next++
		values[t.identity] = t.next
	}
	r := &row{values: values}
	if err := t.claim(values); err != nil {
		return nil, err
	}
	t.rows = append(t.rows, r)
	return func() { t.remove(r) }, nil
}

// claim takes a row's key.
func (t *table) claim(values []any) error {
	if t.key < 0 {
		return nil
	}
	if t.keys[plain(values[t.key])] {
		return fail(NotUnique, "the key is there already")
	}
	t.keys[plain(values[t.key])] = true
	return nil
}

// remove takes a row out. It is looked for from the end: what is taken back is mostly new.
func (t *table) remove(r *row) {
	for i := len(t.rows) - 1; i >= 0; i-- {
		if t.rows[i] == r {
			t.rows = slices.Delete(t.rows, i, i+1)
			break
		}
	}
	t.release(r.values)
}

func (t *table) release(values []any) {
	if t.key >= 0 {
		delete(t.keys, plain(values[t.key]))
	}
}

// delete takes out the rows that match, and returns what puts them back.
func (t *table) delete(matches func([]any) bool) (n int64, undo func()) {
	before := slices.Clone(t.rows)
	var gone []*row
	t.rows = slices.DeleteFunc(t.rows, func(r *row) bool {
		if !matches(r.values) {
			return false
		}
		gone = append(gone, r)
		t.release(r.values)
		return true
	})
	return int64(len(gone)), func() {
		added := slices.DeleteFunc(slices.Clone(t.rows), func(r *row) bool { return slices.Contains(before, r) })
		t.rows = append(before, added...)
		for _, r := range gone {
			if t.key >= 0 {
				t.keys[plain(r.values[t.key])] = true
			}
		}
	}
}

// update sets a column of the rows that match, and returns what sets it back.
func (t *table) update(column int, value any, matches func([]any) bool) (n int64, undo func(), err error) {
	if column == t.key {
		return 0, nil, fail(Unknown, "the stand-in does not change keys")
	}
	type was struct {
		row   *row
		value any
	}
	var changed []was
	for _, r := range t.rows {
		if matches(r.values) {
			changed = append(changed, was{r, r.values[column]})
			r.values[column] = value
		}
	}
	return int64(len(changed)), func() {
		for _, c := range changed {
			c.row.values[column] = c.value
		}
	}, nil
}

// column returns the position of a column.
func (t *table) column(name string) (int, error) {
	i := slices.IndexFunc(t.columns, func(c wire.Column) bool { return fold(c.Name) == fold(name) })
	if i < 0 {
		return 0, fail(NoColumn, "no column %s", name)
	}
	return i, nil
}
