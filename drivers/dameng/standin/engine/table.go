package engine

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// table is a table. Its rows are in the order of insertion.
type table struct {
	columns  []wire.Column
	key      int // the column of the primary key; -1 if there is none
	identity int // the identity column; -1 if there is none
	keys     map[any]bool
	next     int64 // of the identity column
	rows     []*row
}

type row struct{ values []any }

// insert adds a row. undo removes it. It returns an *Error if the primary key exists.
func (t *table) insert(values []any) (undo func(), err error) {
	if t.identity >= 0 && values[t.identity] == nil {
		t.next++
		values[t.identity] = t.next
	}
	r := &row{values: values}
	if err := t.addKey(values); err != nil {
		return nil, err
	}
	t.rows = append(t.rows, r)
	return func() { t.remove(r) }, nil
}

// addKey adds the primary key of a row. It returns an *Error if the key exists.
func (t *table) addKey(values []any) error {
	if t.key < 0 {
		return nil
	}
	if t.keys[comparableValue(values[t.key])] {
		return newError(NotUnique, "the key is there already")
	}
	t.keys[comparableValue(values[t.key])] = true
	return nil
}

// remove removes a row and its key. It searches from the end, because rows that are undone are usually the newest.
func (t *table) remove(r *row) {
	for i := len(t.rows) - 1; i >= 0; i-- {
		if t.rows[i] == r {
			t.rows = slices.Delete(t.rows, i, i+1)
			break
		}
	}
	t.removeKey(r.values)
}

// removeKey removes the primary key of a row.
func (t *table) removeKey(values []any) {
	if t.key >= 0 {
		delete(t.keys, comparableValue(values[t.key]))
	}
}

// delete removes the rows that match and returns their number. undo inserts them again.
func (t *table) delete(matches func([]any) bool) (n int64, undo func()) {
	before := slices.Clone(t.rows)
	var deleted []*row
	t.rows = slices.DeleteFunc(t.rows, func(r *row) bool {
		if !matches(r.values) {
			return false
		}
		deleted = append(deleted, r)
		t.removeKey(r.values)
		return true
	})
	return int64(len(deleted)), func() {
		added := slices.DeleteFunc(slices.Clone(t.rows), func(r *row) bool { return slices.Contains(before, r) })
		t.rows = append(before, added...)
		for _, r := range deleted {
			if t.key >= 0 {
				t.keys[comparableValue(r.values[t.key])] = true
			}
		}
	}
}

// update sets a column of the rows that match and returns their number. undo restores the old values. It returns an *Error for the
// column of the primary key.
func (t *table) update(column int, value any, matches func([]any) bool) (n int64, undo func(), err error) {
	if column == t.key {
		return 0, nil, newError(Unknown, "the stand-in does not change keys")
	}
	type oldValue struct {
		row   *row
		value any
	}
	var changed []oldValue
	for _, r := range t.rows {
		if matches(r.values) {
			changed = append(changed, oldValue{r, r.values[column]})
			r.values[column] = value
		}
	}
	return int64(len(changed)), func() {
		for _, c := range changed {
			c.row.values[column] = c.value
		}
	}, nil
}

// column returns the position of a column. It returns an *Error if there is no such column.
func (t *table) column(name string) (int, error) {
	i := slices.IndexFunc(t.columns, func(c wire.Column) bool { return foldName(c.Name) == foldName(name) })
	if i < 0 {
		return 0, newError(NoColumn, "no column %s", name)
	}
	return i, nil
}
