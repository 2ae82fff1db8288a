// Package engine executes the statements of the stand-in: those that the project's specs of a driver send, on tables in memory. It is
// no database: it has no isolation and no constraints except primary keys. Every other statement is the error Unknown.
package engine

import (
	"context"
	"fmt"
	"sync"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// Error is an error for the client, with its number.
type Error struct {
	Code int32
	Text string
}

func (e *Error) Error() string { return e.Text }

// Error numbers. They are those in DM8's manual, if it has the error.
const (
	Unknown      int32 = -99999 // not of DM8: the stand-in does not know this statement
	Ended        int32 = -99998 // not of DM8: the session was ended
	Syntax       int32 = -2007
	NoTable      int32 = -2106
	NoColumn     int32 = -2111
	TableExists  int32 = -2124
	WrongLogin   int32 = -2501
	OutOfRange   int32 = -6102
	NotConverted int32 = -6103
	NotUnique    int32 = -6602
)

// newError returns an *Error.
func newError(code int32, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// DB is a database. Several goroutines may use it at the same time.
type DB struct {
	mu       sync.Mutex
	tables   map[string]*table
	users    map[string]string
	sessions map[int64]*Session
	last     int64 // the newest number of a session, a row or a large object
}

// New returns an empty database with one user.
func New(user, password string) *DB {
	return &DB{tables: map[string]*table{}, users: map[string]string{foldName(user): password}, sessions: map[int64]*Session{}}
}

// number returns a new number. The caller holds the lock.
func (db *DB) number() int64 {
	db.last++
	return db.last
}

// Session is the session of a client. Only one goroutine at a time may use it.
type Session struct {
	ID   int64
	User string
	db   *DB
	ctx  context.Context
	end  context.CancelFunc
	undo []func() // undo steps of the open transaction, the newest last
}

// Login begins a session. It ends when ctx is done, by Close, or when another session ends it. Login returns an *Error for a wrong user or
// password.
func (db *DB) Login(ctx context.Context, user, password string) (*Session, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if want, ok := db.users[foldName(user)]; !ok || want != password {
		return nil, newError(WrongLogin, "user or password is wrong")
	}
	s := &Session{ID: db.number(), User: user, db: db}
	s.ctx, s.end = context.WithCancel(ctx)
	db.sessions[s.ID] = s
	return s, nil
}

// Done returns a channel that is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.ctx.Done() }

// Close rolls back the open transaction and ends the session.
func (s *Session) Close() {
	s.end()
	s.Rollback()
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	delete(s.db.sessions, s.ID)
}

// Commit commits the open transaction.
func (s *Session) Commit() {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	s.undo = nil
}

// Rollback rolls back the open transaction.
func (s *Session) Rollback() {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	s.rollbackTo(0)
}

// rollbackTo undoes all but the first n steps of the transaction. The caller holds the lock.
func (s *Session) rollbackTo(n int) {
	for i := len(s.undo) - 1; i >= n; i-- {
		s.undo[i]()
	}
	s.undo = s.undo[:n]
}

// Result is the result of a statement.
type Result struct {
	Rows     [][]any // values of the columns' types
	Affected int64
	LastID   int64 // the identity value of the last row; 0 if there is none
}

// Run executes a statement with values for its parameters. It returns an *Error, and changes nothing, if the statement fails or the
// session has ended.
func (s *Session) Run(st *Statement, values []any) (Result, error) {
	if len(values) < len(st.Parameters) {
		return Result{}, newError(NotConverted, "%d values for %d parameters", len(values), len(st.Parameters))
	}
	for i, p := range st.Parameters {
		v, err := coerce(values[i], p)
		if err != nil {
			return Result{}, err
		}
		values[i] = v
	}
	if err := s.wait(st); err != nil {
		return Result{}, err
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	if s.ctx.Err() != nil {
		return Result{}, newError(Ended, "the session was ended")
	}
	mark := len(s.undo)
	result, err := st.run(s, values)
	if err != nil {
		s.rollbackTo(mark)
		return Result{}, err
	}
	if st.Kind == Other { // DDL commits, as in DM8
		s.undo = nil
	}
	return result, nil
}

// Statement is a parsed statement.
type Statement struct {
	Kind       Kind
	Parameters []wire.Column
	Columns    []wire.Column
	run        func(s *Session, values []any) (Result, error) // called with the lock held
	sleep      float64                                        // seconds before it runs
}

// Kind is the number of a kind of statement in messages.
type Kind int16

const (
	Other     Kind = 0
	SetSchema Kind = 153
	Insert    Kind = 157
	Delete    Kind = 158
	Update    Kind = 159
	Select    Kind = 160
	Call      Kind = 162
)
