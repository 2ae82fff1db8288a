package engine

// insert parses a statement after INSERT INTO: rows of values, or a query with one row.
func (p *parser) insert() error {
	p.st.Kind = Insert
	t, err := p.table()
	if err != nil {
		return err
	}
	into, err := p.targets(t)
	if err != nil {
		return err
	}
	var rows [][]expression
	if p.accept("SELECT") {
		row, err := p.selected(t, into)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	} else if err := p.expect("VALUES"); err != nil {
		return err
	} else {
		for {
			row, err := p.row(t, into)
			if err != nil {
				return err
			}
			rows = append(rows, row)
			if !p.accept(",") {
				break
			}
		}
	}
	p.st.run = func(s *Session, values []any) (Result, error) {
		var result Result
		for _, row := range rows {
			full := make([]any, len(t.columns))
			for i, e := range row {
				full[into[i]] = e(s, values, nil)
			}
			undo, err := t.insert(full)
			if err != nil {
				return result, err
			}
			s.undo = append(s.undo, undo)
			result.Affected++
			if t.identity >= 0 {
				result.LastID, _ = full[t.identity].(int64)
			}
		}
		return result, nil
	}
	return nil
}

// targets parses the list of columns of an insert and returns their positions; all columns if there is no list.
func (p *parser) targets(t *table) ([]int, error) {
	var into []int
	if !p.accept("(") {
		for i := range t.columns {
			into = append(into, i)
		}
		return into, nil
	}
	for {
		i, err := p.columnOf(t)
		if err != nil {
			return nil, err
		}
		into = append(into, i)
		if !p.accept(",") {
			return into, p.expect(")")
		}
	}
}

// row parses a row of values in parentheses.
func (p *parser) row(t *table, into []int) ([]expression, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	row, err := p.values(t, into)
	if err != nil {
		return nil, err
	}
	return row, p.expect(")")
}

// values parses one value for each of the columns.
func (p *parser) values(t *table, into []int) ([]expression, error) {
	var row []expression
	for i, column := range into {
		if i > 0 && !p.accept(",") {
			return nil, errUnknown
		}
		e, err := p.expression(t.columns[column])
		if err != nil {
			return nil, err
		}
		row = append(row, e)
	}
	return row, nil
}

// selected parses the query of INSERT … SELECT: values, or STANDIN_SLEEP, which has one value.
func (p *parser) selected(t *table, into []int) ([]expression, error) {
	if p.peek().text != "STANDIN_SLEEP" {
		return p.values(t, into)
	}
	it, err := p.item(nil)
	return []expression{it.of}, err
}

// delete parses a statement after DELETE FROM.
func (p *parser) delete() error {
	p.st.Kind = Delete
	t, err := p.table()
	if err != nil {
		return err
	}
	matches, err := p.where(t)
	p.st.run = func(s *Session, values []any) (Result, error) {
		n, undo := t.delete(func(row []any) bool { return matches(s, values, row) })
		s.undo = append(s.undo, undo)
		return Result{Affected: n}, nil
	}
	return err
}

// update parses a statement after UPDATE that sets one column to a value.
func (p *parser) update() error {
	p.st.Kind = Update
	t, err := p.table()
	if err != nil || !p.accept("SET") {
		return orUnknown(err)
	}
	column, err := p.columnOf(t)
	if err != nil || !p.accept("=") {
		return orUnknown(err)
	}
	value, err := p.expression(t.columns[column])
	if err != nil {
		return err
	}
	matches, err := p.where(t)
	p.st.run = func(s *Session, values []any) (Result, error) {
		n, undo, err := t.update(column, value(s, values, nil), func(row []any) bool { return matches(s, values, row) })
		if err != nil {
			return Result{}, err
		}
		s.undo = append(s.undo, undo)
		return Result{Affected: n}, nil
	}
	return err
}

// orUnknown returns err, or errUnknown if err is nil.
func orUnknown(err error) error {
	if err == nil {
		err = errUnknown
	}
	return err
}
