// Package dbtest runs cases against a database server: one requirement on a driver each, in tables of its own, with a
// time limit of its own. It compares values and error codes, never message texts, and records every value it reads, so that
// targets can be compared where all of them pass.
package dbtest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// T is one run of a case, as testing.T is of a test. A mismatch does not end the run, so that one run reports all of them.
type T struct {
	*dialect.Dialect
	Ctx context.Context // ends when the case's time limit has passed
	DSN string          // the server's data source name, as the dialect reads it
	DB  *sql.DB
	Key string // the case's key, a part of the names of some observations

	// Cleaner is the pool that drops the case's tables, on connections that no case disturbs. If it is nil, a pool is
	// opened for that.
	Cleaner *sql.DB
	// Record receives every observed value. If it is nil, values are only compared.
	Record func(name string, value json.RawMessage)

	tables     []string
	atEnd      []func()
	mismatches []string
	skipped    *record.Sentence
	missing    *check.Missing
	trouble    atomic.Pointer[string]
}

// WatchServer looks at the code of every error from now on for one that says that the server itself is in trouble; see
// ServerTrouble.
func (t *T) WatchServer() {
	original, watched := t.Dialect, *t.Dialect
	watched.Code = func(err error) string {
		code := original.Code(err)
		if original.Troubled != nil && original.Troubled(code) {
			t.trouble.Store(&code)
		}
		return code
	}
	t.Dialect = &watched
}

// ServerTrouble returns the last error code that said that the server is in trouble, such as a full disk; "" if there was
// none.
func (t *T) ServerTrouble() string {
	if code := t.trouble.Load(); code != nil {
		return *code
	}
	return ""
}

// Miss ends the run: something that the case needs is absent.
func (t *T) Miss(what check.Missing) {
	t.missing = &what
	runtime.Goexit()
}

// Skip ends the run: the case does not apply here.
func (t *T) Skip(reason record.Sentence) {
	t.skipped = &reason
	runtime.Goexit()
}

// Errorf adds a mismatch.
func (t *T) Errorf(format string, args ...any) {
	t.mismatches = append(t.mismatches, fmt.Sprintf(format, args...))
}

// Fatalf adds a mismatch and ends the run. It must be called on the goroutine that runs the case.
func (t *T) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

// Must ends the run if err is not nil. It is for steps that only prepare what the case checks; doing names the step.
func (t *T) Must(err error, doing string) {
	if err != nil {
		t.Fatalf("%s: %s: %v", doing, t.Code(err), err)
	}
}

// Expect records a value, and adds a mismatch if it is neither want nor what the dialect is documented to answer instead.
func (t *T) Expect(name string, got, want any) {
	allowed := []any{want}
	if answer, ok := t.Answers[name]; ok {
		want, allowed = answer.Value, append(answer.Or, answer.Value)
	}
	g, w := t.encode(got), t.encode(want)
	t.record(name, g)
	if t.Answers[name].Any {
		return
	}
	if !slices.ContainsFunc(allowed, func(value any) bool { return string(t.encode(value)) == string(g) }) {
		t.Errorf("%s: got %s, want %s", name, bounded(g), bounded(w))
	}
}

// Observe records a value that is to be equal on all architectures, whatever it is.
func (t *T) Observe(name string, got any) { t.record(name, t.encode(got)) }

func (t *T) record(name string, value json.RawMessage) {
	if t.Record != nil {
		t.Record(name, value)
	}
}

func (t *T) encode(value any) json.RawMessage {
	raw, err := json.Marshal(value)
	t.Must(err, "encode a value")
	return raw
}

// bounded returns at most 300 bytes of a value, for a message.
func bounded(raw []byte) string {
	if len(raw) > 300 {
		return fmt.Sprintf("%.300s… (%d bytes)", raw, len(raw))
	}
	return string(raw)
}

// AtEnd has f called when the run has ended, after the functions registered before it.
func (t *T) AtEnd(f func()) { t.atEnd = append(t.atEnd, f) }

// Pool opens another pool on a data source name. The pool is closed at the end of the run.
func (t *T) Pool(dsn string, settings ...dialect.Setting) *sql.DB {
	db, err := t.Open(dsn, settings...)
	t.Must(err, "open")
	t.AtEnd(func() { db.Close() })
	return db
}

// WithTimeout returns a context that ends after d, or with the run's own.
func (t *T) WithTimeout(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Ctx, d)
}

// WaitFor calls condition until it is true, and reports whether it became true: within 5 s on an idle machine.
func (t *T) WaitFor(condition func() bool) bool {
	for end := time.Now().Add(ScaleByLoad(5 * time.Second)); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) || t.Ctx.Err() != nil {
			return false
		}
	}
	return true
}

// Elapsed returns how long f takes.
func Elapsed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}
