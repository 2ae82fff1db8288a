package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// expression returns a value. row is nil in a query without a table.
type expression func(s *Session, values, row []any) any

// expression parses a literal, a parameter or a function. c is the type of a parameter.
func (p *parser) expression(c wire.Column) (expression, error) {
	negative := p.accept("-")
	switch got := p.next(); {
	case got.kind == number:
		value, err := literal(got.text, negative)
		if err == nil {
			value, err = coerce(value, c)
		}
		return func(*Session, []any, []any) any { return value }, err
	case negative:
		return nil, errUnknown
	case got.kind == text:
		value, err := coerce(got.text, c)
		return func(*Session, []any, []any) any { return value }, err
	case got.kind == sign && got.text == "?":
		at := len(p.st.Parameters)
		p.st.Parameters = append(p.st.Parameters, c)
		return func(_ *Session, values, _ []any) any { return values[at] }, nil
	case got.kind == word && got.text == "NULL":
		return func(*Session, []any, []any) any { return nil }, nil
	case got.kind == word && got.text == "SESSID" && p.accept("(", ")"):
		return func(s *Session, _, _ []any) any { return s.ID }, nil
	}
	return nil, errUnknown
}

// literal returns the value of a number: an int64 or wire.Digits.
func literal(digits string, negative bool) (any, error) {
	if negative {
		digits = "-" + digits
	}
	if strings.Contains(digits, ".") {
		return wire.Digits(digits), nil
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return wire.Digits(digits), nil
	}
	return n, nil
}

// item is an item of a select list.
type item struct {
	column wire.Column
	of     expression
	count  bool
}

// query parses a statement after SELECT, with at most one table.
func (p *parser) query() error {
	p.st.Kind = Select
	distinct := p.accept("DISTINCT")
	from, err := p.from()
	if err != nil {
		return err
	}
	items, err := p.items(from)
	if err != nil {
		return err
	}
	for _, it := range items {
		p.st.Columns = append(p.st.Columns, it.column)
	}
	if from == nil {
		p.st.run = func(s *Session, values []any) (Result, error) {
			return Result{Rows: [][]any{project(items, s, values, nil, 1)}}, nil
		}
		return nil
	}
	p.accept("FROM")
	p.next() // the table, which from has parsed
	matches, err := p.where(from)
	if err != nil {
		return err
	}
	group := -1
	if p.accept("GROUP", "BY") {
		if group, err = p.columnOf(from); err != nil {
			return err
		}
	}
	p.st.run = func(s *Session, values []any) (Result, error) {
		return Result{Rows: collect(from, items, s, values, matches, grouping(items, group, distinct))}, nil
	}
	return nil
}

// from returns the table after FROM; nil if there is none. It looks ahead, because the types of the items depend on the table.
func (p *parser) from() (*table, error) {
	for i, t := range p.tokens {
		if t.kind == word && t.text == "FROM" && i+1 < len(p.tokens) {
			rest := parser{tokens: p.tokens[i+1:], db: p.db}
			return rest.table()
		}
	}
	return nil, nil
}

// columnOf parses the name of a column of the table and returns its position.
func (p *parser) columnOf(t *table) (int, error) {
	label, err := p.identifier()
	if err != nil {
		return 0, err
	}
	return t.column(label)
}

// items parses a select list.
func (p *parser) items(from *table) ([]item, error) {
	var items []item
	if from != nil && p.accept("*") {
		for i, c := range from.columns {
			items = append(items, item{column: c, of: field(i)})
		}
		return items, nil
	}
	for {
		it, err := p.item(from)
		if err != nil {
			return nil, err
		}
		if p.accept("AS") {
			if it.column.Name, err = p.identifier(); err != nil {
				return nil, err
			}
		}
		items = append(items, it)
		if !p.accept(",") {
			return items, nil
		}
	}
}

// field returns the expression for the column with position i.
func field(i int) expression { return func(_ *Session, _, row []any) any { return row[i] } }

// item parses an item of a select list.
func (p *parser) item(from *table) (item, error) {
	switch first := p.peek(); {
	case p.accept("COUNT", "(", "*", ")"):
		return item{column: wire.Column{Type: wire.BigInt, TypeName: "BIGINT", Name: "COUNT(*)"}, count: true}, nil
	case p.accept("CAST", "("):
		return p.cast()
	case first.kind == word && first.text == "SESSID":
		c := wire.Column{Type: wire.BigInt, TypeName: "BIGINT", Name: "SESSID()"}
		of, err := p.expression(c)
		return item{column: c, of: of}, err
	case p.accept("STANDIN_SLEEP", "("):
		seconds, err := strconv.ParseFloat(p.next().text, 64)
		if err != nil || !p.accept(")") {
			return item{}, errUnknown
		}
		p.st.sleep = seconds
		c := wire.Column{Type: wire.Int, TypeName: "INT", Name: "SLEPT"}
		return item{column: c, of: func(*Session, []any, []any) any { return int64(1) }}, nil
	case from != nil && (first.kind == word || first.kind == name):
		i, err := p.columnOf(from)
		if err != nil {
			return item{}, err
		}
		return item{column: from.columns[i], of: field(i)}, nil
	case first.kind == text:
		c := wire.Column{Type: wire.Varchar, TypeName: "VARCHAR", Precision: int32(len(first.text)), Name: first.text}
		of, err := p.expression(c)
		return item{column: c, of: of}, err
	}
	c := wire.Column{Type: wire.Int, TypeName: "INT", Name: p.peek().text}
	of, err := p.expression(c)
	return item{column: c, of: of}, err
}

// cast parses a cast of a parameter after CAST(.
func (p *parser) cast() (item, error) {
	if p.peek().text != "?" {
		return item{}, newError(Unknown, "the stand-in casts parameters alone")
	}
	at := len(p.st.Parameters)
	p.next()
	if err := p.expect("AS"); err != nil {
		return item{}, err
	}
	c, err := p.columnType()
	if err != nil {
		return item{}, err
	}
	c.Name = fmt.Sprintf("CAST%d", at+1)
	p.st.Parameters = append(p.st.Parameters, c)
	return item{column: c, of: func(_ *Session, values, _ []any) any { return values[at] }}, p.expect(")")
}

// where parses a WHERE clause, if there is one: a column that equals a value, or one of several values. It returns the condition.
func (p *parser) where(t *table) (func(s *Session, values, row []any) bool, error) {
	if !p.accept("WHERE") {
		return func(*Session, []any, []any) bool { return true }, nil
	}
	at, err := p.columnOf(t)
	if err != nil {
		return nil, err
	}
	var wanted []expression
	several := p.accept("IN", "(")
	if !several {
		if err := p.expect("="); err != nil {
			return nil, err
		}
	}
	for {
		e, err := p.expression(t.columns[at])
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, e)
		if !several || !p.accept(",") {
			break
		}
	}
	if several {
		err = p.expect(")")
	}
	return func(s *Session, values, row []any) bool {
		for _, e := range wanted {
			if v := e(s, values, row); v != nil && comparableValue(v) == comparableValue(row[at]) {
				return true
			}
		}
		return false
	}, err
}

// wait waits for the time of STANDIN_SLEEP. It returns an *Error if the session ends meanwhile.
func (s *Session) wait(st *Statement) error {
	if st.sleep == 0 {
		return nil
	}
	select {
	case <-time.After(time.Duration(st.sleep * float64(time.Second))):
		return nil
	case <-s.ctx.Done():
		return newError(Ended, "the session was ended")
	}
}
