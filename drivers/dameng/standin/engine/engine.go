// Package engine is what stands behind the stand-in's protocol: tables in memory, and just the statements that the
// project's checks of a driver send. It is no database. It isolates no transactions, checks no constraint but a
// primary key, and says of each statement that it does not know that it does not know it.
package engine

import (
	"context"
	"fmt"
	"sync"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// Error is one that the client is told, with its number.
type Error struct {
	Code int32
	Text string
}

func (e *Error) Error() string { return e.Text }

// The numbers of errors. DM8's own are negative; where its manual numbers the error the number is that one.
const (
	Unknown      int32 = -99999 // not DM8's: the stand-in does not know this statement
	Ended        int32 = -99998 // not DM8's: the session was ended
	Syntax       int32 = -2007
	NoTable      int32 = -2106
	NoColumn     int32 = -2111
	TableThere   int32 = -2124
	WrongLogin   int32 = -2501
	OutOfRange   int32 = -6102
	NotConverted int32 = -6103
	NotUnique    int32 = -6602
)

func fail(code int32, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// DB is all that is kept. It may be used from many goroutines.
type DB struct {
	mu       sync.Mutex
	tables   map[string]*table
	users    map[string]string
	sessions map[int64]*Session
	last     int64 // number given to a session, a row or a large object
}

// New makes an empty database with one user.
func New(user, password string) *DB {
	return &DB{tables: map[string]*table{}, users: map[string]string{fold(user): password}, sessions: map[int64]*Session{}}
}

// number returns one that was not given before. The caller holds the lock.
func (db *DB) number() int64 {
	db.last++
	return db.last
}

// Session is one client's. It is used by one goroutine at a time.
type Session struct {
	ID   int64
	User string
	db   *DB
	ctx  context.Context
	end  context.CancelFunc
	undo []func() // what takes back what the open transaction did, the last last
}

// Login begins a session, which ends with ctx, with Close, or when another session ends it.
func (db *DB) Login(ctx context.Context, user, password string) (*Session, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if want, ok := db.users[fold(user)]; !ok || want != password {
		return nil, fail(WrongLogin, "user or password is wrong")
	}
	s := &Session{ID: db.number(), User: user, db: db}
	s.ctx, s.end = context.WithCancel(ctx)
	db.sessions[s.ID] = s
	return s, nil
}

// Done returns closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.ctx.Done() }

// Close rolls back what was not committed, and ends the session.
func (s *Session) Close() {
	s.end()
	s.Rollback()
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	delete(s.db.sessions, s.ID)
}

// Commit keeps what the open transaction did.
func (s *Session) Commit() {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	s.undo = nil
}

// Rollback takes back what the open transaction did.
func (s *Session) Rollback() {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	s.back(0)
}

// back takes back all but the first n steps. The caller holds the lock.
func (s *Session) back(n int) {
	for i := len(s.undo) - 1; i >= n; i-- {
		s.undo[i]()
	}
	s.undo = s.undo[:n]
}

// Result of a statement.
type Result struct {
	Rows     [][]any // in the columns' types
	Affected int64
	LastID   int64 // the identity of the last row, 0 if it has none
}

// Run runs a statement with values for its parameters. A statement that fails leaves nothing behind; one whose session
// has ended does nothing.
func (s *Session) Run(st *Statement, values []any) (Result, error) {
	if len(values) < len(st.Parameters) {
		return Result{}, fail(NotConverted, "%d values for %d parameters", len(values), len(st.Parameters))
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
		return Result{}, fail(Ended, "the session was ended")
	}
	mark := len(s.undo)
	result, err := st.run(s, values)
	if err != nil {
		s.back(mark)
		return Result{}, err
	}
	if st.Kind == Other { // what changes the tables themselves is committed at once, as in DM8
		s.undo = nil
	}
	return result, nil
}

// Statement is one that was understood.
type Statement struct {
	Kind       Kind
	Parameters []wire.Column
	Columns    []wire.Column
	run        func(s *Session, values []any) (Result, error) // called with the lock held
	sleep      float64                                        // seconds before it runs
}

// Kind of a statement, as messages number it.
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
