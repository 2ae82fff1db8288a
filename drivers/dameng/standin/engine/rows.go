package engine

import "github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"

// project returns the items of one row; n is what the row counts.
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

// groups says what makes one row of several: nothing, a column, all of them (a count), or that they are equal.
type groups int

const (
	everyRow groups = -1
	allRows  groups = -2
	equal    groups = -3
)

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
			key = plain(items[0].of(s, values, r.values))
		case by >= 0:
			key = plain(r.values[by])
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

// plain returns a value as it may be compared.
func plain(v any) any {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return v
}

// canned is a query with the one answer that it gets.
type canned struct {
	column wire.Column
	value  any
}

// answers are what a client asks to learn what the server is.
var answers = map[string]canned{
	"SELECT BANNER FROM V$VERSION WHERE ROWNUM = 1": {varchar("BANNER"), "stand-in, not a server"},
	"SELECT UNICODE()": {wire.Column{Type: wire.Int, TypeName: "INT", Name: "UNICODE()"}, int64(1)},
	"SELECT PARA_VALUE FROM V$DM_INI WHERE PARA_NAME = 'COMPATIBLE_MODE'": {varchar("PARA_VALUE"), "0"},
}

func varchar(label string) wire.Column {
	return wire.Column{Type: wire.Varchar, TypeName: "VARCHAR", Precision: 100, Name: label}
}

func (c canned) statement() *Statement {
	return &Statement{Kind: Select, Columns: []wire.Column{c.column}, run: func(*Session, []any) (Result, error) {
		return Result{Rows: [][]any{{c.value}}}, nil
	}}
}
