package engine

// insert reads what stands behind INSERT INTO: rows of values, or one row as a query gives it.
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
	if p.is("SELECT") {
		row, err := p.selected(t, into)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	} else if err := p.want("VALUES"); err != nil {
		return err
	} else {
		for {
			row, err := p.row(t, into)
			if err != nil {
				return err
			}
			rows = append(rows, row)
			if !p.is(",") {
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

// targets returns the columns that an insert names, or all.
func (p *parser) targets(t *table) ([]int, error) {
	var into []int
	if !p.is("(") {
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
		if !p.is(",") {
			return into, p.want(")")
		}
	}
}

// row returns one row of values in brackets.
func (p *parser) row(t *table, into []int) ([]expression, error) {
	if err := p.want("("); err != nil {
		return nil, err
	}
	row, err := p.values(t, into)
	if err != nil {
		return nil, err
	}
	return row, p.want(")")
}

// values returns as many as there are columns to fill.
func (p *parser) values(t *table, into []int) ([]expression, error) {
	var row []expression
	for i, column := range into {
		if i > 0 && !p.is(",") {
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

// selected returns a row that INSERT … SELECT gives: values, or a wait with one value behind it.
func (p *parser) selected(t *table, into []int) ([]expression, error) {
	if p.peek().text != "STANDIN_SLEEP" {
		return p.values(t, into)
	}
	it, err := p.item(nil)
	return []expression{it.of}, err
}

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

// update reads what stands behind UPDATE: one column is set to one value.
func (p *parser) update() error {
	p.st.Kind = Update
	t, err := p.table()
	if err != nil || !p.is("SET") {
		return orUnknown(err)
	}
	column, err := p.columnOf(t)
	if err != nil || !p.is("=") {
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

func orUnknown(err error) error {
	if err == nil {
		err = errUnknown
	}
	return err
}
