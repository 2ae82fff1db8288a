package engine

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// parser reads one statement.
type parser struct {
	tokens
	db *DB
	st *Statement
}

// Prepare reads a statement.
func (s *Session) Prepare(sql string) (*Statement, error) {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	p := &parser{tokens: scan(sql), db: s.db, st: &Statement{}}
	if canned, ok := answers[strings.TrimRight(sql, "\x00")]; ok {
		return canned.statement(), nil
	}
	if err := p.statement(); err != nil {
		return nil, err
	}
	p.is(";")
	if p.peek().kind != end {
		return nil, errUnknown
	}
	return p.st, nil
}

func (p *parser) statement() error {
	switch {
	case p.is("SELECT"):
		return p.query()
	case p.is("INSERT", "INTO"):
		return p.insert()
	case p.is("DELETE", "FROM"):
		return p.delete()
	case p.is("UPDATE"):
		return p.update()
	case p.is("CREATE", "TABLE"):
		return p.createTable()
	case p.is("DROP", "TABLE"):
		return p.dropTable()
	case p.is("CREATE", "USER"):
		return p.createUser()
	case p.is("DROP", "USER"):
		return p.dropUser()
	case p.is("SP_CLOSE_SESSION", "("):
		return p.closeSession()
	case p.is("SET", "SCHEMA"):
		p.st.Kind, p.st.run = SetSchema, nothing
		_, err := p.identifier()
		return err
	}
	if p.begins() {
		return errUnknown
	}
	return fail(Syntax, "this is no statement")
}

// others are first words of statements that a DM8 knows, and the stand-in does not.
var others = []string{"ALTER", "CREATE", "DROP", "SET", "SAVEPOINT", "ROLLBACK", "COMMIT", "CALL", "BEGIN", "GRANT", "MERGE", "WITH"}

func (p *parser) begins() bool {
	first := p.peek()
	return first.kind == word && (slices.Contains(others, first.text) || strings.HasPrefix(first.text, "SP_"))
}

func nothing(*Session, []any) (Result, error) { return Result{}, nil }

func (p *parser) table() (*table, error) {
	label, err := p.identifier()
	if err != nil {
		return nil, err
	}
	t, ok := p.db.tables[fold(label)]
	if !ok {
		return nil, fail(NoTable, "no table %s", label)
	}
	return t, nil
}

// createTable takes columns, and of their constraints the primary key.
func (p *parser) createTable() error {
	label, err := p.identifier()
	if err != nil {
		return err
	}
	t := &table{key: -1, identity: -1, keys: map[any]bool{}}
	if err := p.want("("); err != nil {
		return err
	}
	for {
		if err := p.column(t); err != nil {
			return err
		}
		if !p.is(",") {
			break
		}
	}
	p.st.run = func(s *Session, _ []any) (Result, error) {
		if _, there := s.db.tables[fold(label)]; there {
			return Result{}, fail(TableThere, "table %s is there already", label)
		}
		id := int32(s.db.number())
		for i := range t.columns {
			t.columns[i].Table, t.columns[i].TableID, t.columns[i].Position = label, id, int16(i)
		}
		s.db.tables[fold(label)] = t
		return Result{}, nil
	}
	return p.want(")")
}

func (p *parser) column(t *table) error {
	label, err := p.identifier()
	if err != nil {
		return err
	}
	c, err := p.columnType()
	if err != nil {
		return err
	}
	c.Name = label
	for {
		switch {
		case p.is("NOT", "NULL"):
			c.Nullable = false
		case p.is("PRIMARY", "KEY"):
			t.key, c.Nullable = len(t.columns), false
		case p.is("IDENTITY", "("):
			p.next()
			p.want(",")
			p.next()
			if err := p.want(")"); err != nil {
				return err
			}
			t.identity, c.Identity = len(t.columns), true
		default:
			t.columns = append(t.columns, c)
			return nil
		}
	}
}

func (p *parser) dropTable() error {
	may := p.is("IF", "EXISTS")
	label, err := p.identifier()
	p.st.run = func(s *Session, _ []any) (Result, error) {
		if _, there := s.db.tables[fold(label)]; !there && !may {
			return Result{}, fail(NoTable, "no table %s", label)
		}
		delete(s.db.tables, fold(label))
		return Result{}, nil
	}
	return err
}

func (p *parser) createUser() error {
	label, err := p.identifier()
	if err != nil || !p.is("IDENTIFIED", "BY") {
		return errUnknown
	}
	password := p.next()
	if password.kind != text && password.kind != name {
		return errUnknown
	}
	p.st.run = func(s *Session, _ []any) (Result, error) {
		s.db.users[fold(label)] = password.text
		return Result{}, nil
	}
	return nil
}

func (p *parser) dropUser() error {
	label, err := p.identifier()
	p.st.run = func(s *Session, _ []any) (Result, error) {
		delete(s.db.users, fold(label))
		return Result{}, nil
	}
	return err
}

// closeSession ends another session, or its own.
func (p *parser) closeSession() error {
	id, err := p.expression(wire.Column{Type: wire.BigInt})
	if err != nil {
		return err
	}
	p.st.Kind = Call
	p.st.run = func(s *Session, values []any) (Result, error) {
		if n, ok := id(s, values, nil).(int64); ok && s.db.sessions[n] != nil {
			s.db.sessions[n].end()
		}
		return Result{}, nil
	}
	return p.want(")")
}
