package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// expression gives a value, for a row where there is one.
type expression func(s *Session, values, row []any) any

// expression takes a literal, a parameter or one of the functions. c is the type that a parameter is to have.
func (p *parser) expression(c wire.Column) (expression, error) {
	negative := p.is("-")
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
	case got.kind == word && got.text == "SESSID" && p.is("(", ")"):
		return func(s *Session, _, _ []any) any { return s.ID }, nil
	}
	return nil, errUnknown
}

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

// item is one thing that a query gives.
type item struct {
	column wire.Column
	of     expression
	count  bool
}

// query reads what stands behind SELECT: one table at most.
func (p *parser) query() error {
	p.st.Kind = Select
	distinct := p.is("DISTINCT")
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
	p.is("FROM")
	p.next() // the table, which from has found
	matches, err := p.where(from)
	if err != nil {
		return err
	}
	group := -1
	if p.is("GROUP", "BY") {
		if group, err = p.columnOf(from); err != nil {
			return err
		}
	}
	p.st.run = func(s *Session, values []any) (Result, error) {
		return Result{Rows: collect(from, items, s, values, matches, grouping(items, group, distinct))}, nil
	}
	return nil
}

// from finds the table before the items are read, whose types it has.
func (p *parser) from() (*table, error) {
	for i, t := range p.tokens {
		if t.kind == word && t.text == "FROM" && i+1 < len(p.tokens) {
			rest := parser{tokens: p.tokens[i+1:], db: p.db}
			return rest.table()
		}
	}
	return nil, nil
}

func (p *parser) columnOf(t *table) (int, error) {
	label, err := p.identifier()
	if err != nil {
		return 0, err
	}
	return t.column(label)
}

func (p *parser) items(from *table) ([]item, error) {
	var items []item
	if from != nil && p.is("*") {
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
		if p.is("AS") {
			if it.column.Name, err = p.identifier(); err != nil {
				return nil, err
			}
		}
		items = append(items, it)
		if !p.is(",") {
			return items, nil
		}
	}
}

func field(i int) expression { return func(_ *Session, _, row []any) any { return row[i] } }

func (p *parser) item(from *table) (item, error) {
	switch first := p.peek(); {
	case p.is("COUNT", "(", "*", ")"):
		return item{column: wire.Column{Type: wire.BigInt, TypeName: "BIGINT", Name: "COUNT(*)"}, count: true}, nil
	case p.is("CAST", "("):
		return p.cast()
	case first.kind == word && first.text == "SESSID":
		c := wire.Column{Type: wire.BigInt, TypeName: "BIGINT", Name: "SESSID()"}
		of, err := p.expression(c)
		return item{column: c, of: of}, err
	case p.is("STANDIN_SLEEP", "("):
		seconds, err := strconv.ParseFloat(p.next().text, 64)
		if err != nil || !p.is(")") {
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

func (p *parser) cast() (item, error) {
	if p.peek().text != "?" {
		return item{}, fail(Unknown, "the stand-in casts parameters alone")
	}
	at := len(p.st.Parameters)
	p.next()
	if err := p.want("AS"); err != nil {
		return item{}, err
	}
	c, err := p.columnType()
	if err != nil {
		return item{}, err
	}
	c.Name = fmt.Sprintf("CAST%d", at+1)
	p.st.Parameters = append(p.st.Parameters, c)
	return item{column: c, of: func(_ *Session, values, _ []any) any { return values[at] }}, p.want(")")
}

// where takes nothing, or a column that equals one value or one of several.
func (p *parser) where(t *table) (func(s *Session, values, row []any) bool, error) {
	if !p.is("WHERE") {
		return func(*Session, []any, []any) bool { return true }, nil
	}
	at, err := p.columnOf(t)
	if err != nil {
		return nil, err
	}
	var wanted []expression
	several := p.is("IN", "(")
	if !several {
		if err := p.want("="); err != nil {
			return nil, err
		}
	}
	for {
		e, err := p.expression(t.columns[at])
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, e)
		if !several || !p.is(",") {
			break
		}
	}
	if several {
		err = p.want(")")
	}
	return func(s *Session, values, row []any) bool {
		for _, e := range wanted {
			if v := e(s, values, row); v != nil && plain(v) == plain(row[at]) {
				return true
			}
		}
		return false
	}, err
}

// wait lets the time pass that the statement asks for. It ends early with the session.
func (s *Session) wait(st *Statement) error {
	if st.sleep == 0 {
		return nil
	}
	select {
	case <-time.After(time.Duration(st.sleep * float64(time.Second))):
		return nil
	case <-s.ctx.Done():
		return fail(Ended, "the session was ended")
	}
}
