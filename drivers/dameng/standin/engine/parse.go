package engine

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// parser parses a statement.
type parser struct {
	tokens
	db *DB
	st *Statement
}

// Prepare parses a statement. It returns an *Error if the stand-in does not know it.
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
	p.accept(";")
	if p.peek().kind != end {
		return nil, errUnknown
	}
	return p.st, nil
}

// statement parses a statement of any kind.
func (p *parser) statement() error {
	switch {
	case p.accept("SELECT"):
		return p.query()
	case p.accept("INSERT", "INTO"):
		return p.insert()
	case p.accept("DELETE", "FROM"):
		return p.delete()
	case p.accept("UPDATE"):
		return p.update()
	case p.accept("CREATE", "TABLE"):
		return p.createTable()
	case p.accept("DROP", "TABLE"):
		return p.dropTable()
	case p.accept("CREATE", "USER"):
		return p.createUser()
	case p.accept("DROP", "USER"):
		return p.dropUser()
	case p.accept("SP_CLOSE_SESSION", "("):
		return p.closeSession()
	case p.accept("SET", "SCHEMA"):
		p.st.Kind, p.st.run = SetSchema, nothing
		_, err := p.identifier()
		return err
	}
	if p.isKnownStatement() {
		return errUnknown
	}
	return newError(Syntax, "this is no statement")
}

// knownWords are first words of statements that DM8 knows and the stand-in does not.
var knownWords = []string{"ALTER", "CREATE", "DROP", "SET", "SAVEPOINT", "ROLLBACK", "COMMIT", "CALL", "BEGIN", "GRANT", "MERGE", "WITH"}

// isKnownStatement reports whether the next word begins a statement of DM8 that the stand-in does not know.
func (p *parser) isKnownStatement() bool {
	first := p.peek()
	return first.kind == word && (slices.Contains(knownWords, first.text) || strings.HasPrefix(first.text, "SP_"))
}

func nothing(*Session, []any) (Result, error) { return Result{}, nil }

// table parses the name of a table that exists.
func (p *parser) table() (*table, error) {
	label, err := p.identifier()
	if err != nil {
		return nil, err
	}
	t, ok := p.db.tables[foldName(label)]
	if !ok {
		return nil, newError(NoTable, "no table %s", label)
	}
	return t, nil
}

// createTable parses a statement after CREATE TABLE: columns, and the primary key as the only constraint.
func (p *parser) createTable() error {
	label, err := p.identifier()
	if err != nil {
		return err
	}
	t := &table{key: -1, identity: -1, keys: map[any]bool{}}
	if err := p.expect("("); err != nil {
		return err
	}
	for {
		if err := p.column(t); err != nil {
			return err
		}
		if !p.accept(",") {
			break
		}
	}
	p.st.run = func(s *Session, _ []any) (Result, error) {
		if _, exists := s.db.tables[foldName(label)]; exists {
			return Result{}, newError(TableExists, "table %s is there already", label)
		}
		id := int32(s.db.number())
		for i := range t.columns {
			t.columns[i].Table, t.columns[i].TableID, t.columns[i].Position = label, id, int16(i)
		}
		s.db.tables[foldName(label)] = t
		return Result{}, nil
	}
	return p.expect(")")
}

// column parses the definition of a column and adds it to the table.
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
		case p.accept("NOT", "NULL"):
			c.Nullable = false
		case p.accept("PRIMARY", "KEY"):
			t.key, c.Nullable = len(t.columns), false
		case p.accept("IDENTITY", "("):
			p.next()
			p.expect(",")
			p.next()
			if err := p.expect(")"); err != nil {
				return err
			}
			t.identity, c.Identity = len(t.columns), true
		default:
			t.columns = append(t.columns, c)
			return nil
		}
	}
}

// dropTable parses a statement after DROP TABLE.
func (p *parser) dropTable() error {
	may := p.accept("IF", "EXISTS")
	label, err := p.identifier()
	p.st.run = func(s *Session, _ []any) (Result, error) {
		if _, exists := s.db.tables[foldName(label)]; !exists && !may {
			return Result{}, newError(NoTable, "no table %s", label)
		}
		delete(s.db.tables, foldName(label))
		return Result{}, nil
	}
	return err
}

// createUser parses a statement after CREATE USER.
func (p *parser) createUser() error {
	label, err := p.identifier()
	if err != nil || !p.accept("IDENTIFIED", "BY") {
		return errUnknown
	}
	password := p.next()
	if password.kind != text && password.kind != name {
		return errUnknown
	}
	p.st.run = func(s *Session, _ []any) (Result, error) {
		s.db.users[foldName(label)] = password.text
		return Result{}, nil
	}
	return nil
}

// dropUser parses a statement after DROP USER.
func (p *parser) dropUser() error {
	label, err := p.identifier()
	p.st.run = func(s *Session, _ []any) (Result, error) {
		delete(s.db.users, foldName(label))
		return Result{}, nil
	}
	return err
}

// closeSession parses a call of SP_CLOSE_SESSION, which ends a session.
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
	return p.expect(")")
}
