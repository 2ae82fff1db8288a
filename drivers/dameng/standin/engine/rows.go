package engine

import "github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"

// project returns the values of the items for a row; n is the value of COUNT(*).
func project(items []item, s *Session, values, row []any, n int64) []any {
	out := make([]any, len(items))
	for i, it := range items {
		if it.count {
			out[i] = n
		} else {
			out[i] = it.of(s, values, row)
		}
	}
	return out
}

// groups says which rows form a group: the position of a column, or one of the constants.
type groups int

const (
	everyRow groups = -1 // each row by itself
	allRows  groups = -2 // all rows together, for COUNT(*)
	equal    groups = -3 // rows with equal first items, for DISTINCT
)

// grouping returns the groups of a query. column is that of GROUP BY; -1 if there is none.
func grouping(items []item, column int, distinct bool) groups {
	switch {
	case column >= 0:
		return groups(column)
	case distinct:
		return equal
	}
	for _, it := range items {
		if it.count {
			return allRows
		}
	}
	return everyRow
}

// collect returns the rows of a query.
func collect(t *table, items []item, s *Session, values []any, matches func(*Session, []any, []any) bool, by groups) [][]any {
	var out [][]any
	var first [][]any // one row of each group
	var counts []int64
	at := map[any]int{}
	for _, r := range t.rows {
		if !matches(s, values, r.values) {
			continue
		}
		if by == everyRow {
			out = append(out, project(items, s, values, r.values, 1))
			continue
		}
		var key any
		switch {
		case by == equal:
			key = comparableValue(items[0].of(s, values, r.values))
		case by >= 0:
			key = comparableValue(r.values[by])
		}
		i, seen := at[key]
		if !seen {
			i = len(first)
			at[key], first, counts = i, append(first, r.values), append(counts, 0)
		}
		counts[i]++
	}
	for i, row := range first {
		out = append(out, project(items, s, values, row, counts[i]))
	}
	if by == allRows && len(first) == 0 {
		out = append(out, project(items, s, values, make([]any, len(t.columns)), 0))
	}
	return out
}

// comparableValue returns a value that can be compared by == and be a key of a map.
func comparableValue(v any) any {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return v
}

// canned is the fixed answer to a query.
type canned struct {
	column wire.Column
	value  any
}

// answers are the answers to queries for the version and settings of the server.
var answers = map[string]canned{
	"SELECT BANNER FROM V$VERSION WHERE ROWNUM = 1": {varchar("BANNER"), "stand-in, not a server"},
	"SELECT UNICODE()": {wire.Column{Type: wire.Int, TypeName: "INT", Name: "UNICODE()"}, int64(1)},
	"SELECT PARA_VALUE FROM V$DM_INI WHERE PARA_NAME = 'COMPATIBLE_MODE'": {varchar("PARA_VALUE"), "0"},
}

// varchar returns a column of type VARCHAR.
func varchar(label string) wire.Column {
	return wire.Column{Type: wire.Varchar, TypeName: "VARCHAR", Precision: 100, Name: label}
}

// statement returns a statement with the fixed answer.
func (c canned) statement() *Statement {
	return &Statement{Kind: Select, Columns: []wire.Column{c.column}, run: func(*Session, []any) (Result, error) {
		return Result{Rows: [][]any{{c.value}}}, nil
	}}
}
