package database

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// trial is one behaviour looked at once, in tables of its own. What does not come out as expected is collected, so that
// one trial tells all it saw.
type trial struct {
	*dialect.Dialect
	ctx     context.Context
	dsn     string
	db      *sql.DB
	what    string  // the behaviour's key
	sweeper *sql.DB // drops the tables, over connections that no behaviour disturbs; nil: a pool made for it
	tables  []string
	closers []func()
	observe func(name string, value json.RawMessage)
	faults  []string
	skipped *record.Sentence
	missing *check.Missing

	trouble atomic.Pointer[string] // the code of an error that says that the server is in trouble
}

// watched is the dialect, told of in the trial when a code says that the server is in trouble.
func (t *trial) watched(d *dialect.Dialect) *dialect.Dialect {
	own := *d
	own.Code = func(err error) string {
		code := d.Code(err)
		if d.Troubled != nil && d.Troubled(code) {
			t.trouble.Store(&code)
		}
		return code
	}
	return &own
}

// miss ends the trial: something that it needs is absent.
func (t *trial) miss(what check.Missing) {
	t.missing = &what
	runtime.Goexit()
}

// skip ends the trial: the behaviour does not apply here.
func (t *trial) skip(reason record.Sentence) {
	t.skipped = &reason
	runtime.Goexit()
}

// open makes another pool, which is closed at the trial's end.
func (t *trial) open(dsn string, settings ...dialect.Setting) *sql.DB {
	db, err := t.Open(dsn, settings...)
	t.must(err, "open")
	t.closers = append(t.closers, func() { db.Close() })
	return db
}

// stop ends the trial from within its goroutine.
func (t *trial) stop(format string, args ...any) {
	t.faults = append(t.faults, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// must ends the trial when a step fails that only prepares what is looked at.
func (t *trial) must(err error, doing string) {
	if err != nil {
		t.stop("%s: %s: %v", doing, t.Code(err), err)
	}
}

// saw records a raw value, and a fault when it is neither want nor what the dialect is documented to answer.
func (t *trial) saw(name string, got, want any) {
	right := []any{want}
	if answer, ok := t.Answers[name]; ok {
		want, right = answer.Value, append(answer.Or, answer.Value)
	}
	g, w := t.encode(got), t.encode(want)
	t.observe(name, g)
	if t.Answers[name].Any {
		return
	}
	if !slices.ContainsFunc(right, func(r any) bool { return string(t.encode(r)) == string(g) }) {
		t.faults = append(t.faults, fmt.Sprintf("%s: got %s, want %s", name, bounded(g), bounded(w)))
	}
}

// note records a raw value that is to be equal on all architectures, whatever it is.
func (t *trial) note(name string, got any) { t.observe(name, t.encode(got)) }

func (t *trial) encode(value any) json.RawMessage {
	raw, err := json.Marshal(value)
	t.must(err, "encode a value")
	return raw
}

func bounded(raw []byte) string {
	if len(raw) > 300 {
		return fmt.Sprintf("%.300s… (%d bytes)", raw, len(raw))
	}
	return string(raw)
}

// table makes a table with the columns in the dialect's types, and returns its name.
func (t *trial) table(columns string) string {
	name := t.name()
	t.exec("CREATE TABLE " + name + " (" + columns + ")")
	return name
}

// name is a table name that no other trial uses, on any machine that shares the server. The table is dropped in the
// end, if there is one.
func (t *trial) name() string {
	name := fmt.Sprintf("xc_%x", rand.Uint64())
	t.tables = append(t.tables, name)
	return name
}

// exec runs a statement that must succeed.
func (t *trial) exec(query string, args ...any) {
	_, err := t.db.ExecContext(t.ctx, t.SQL(query), args...)
	t.must(err, query)
}

// try runs a statement and returns the code of its error.
func (t *trial) try(query string, args ...any) string {
	_, err := t.db.ExecContext(t.ctx, t.SQL(query), args...)
	return t.Code(err)
}

// count is the number of rows in a table.
func (t *trial) count(table string) int {
	var n int
	t.must(t.db.QueryRowContext(t.ctx, "SELECT count(*) FROM "+table).Scan(&n), "count rows")
	return n
}

// panicked is a panic in a behaviour, most likely the driver's.
type panicked struct {
	value any
	stack string
}

// outcome of a trial.
type outcome struct {
	faults  []string
	skipped *record.Sentence
	missing *check.Missing
	panic   *panicked
	hung    string // the stack of all goroutines, when the behaviour did not come back
}

// run looks at a behaviour under a watchdog: it is not waited for much longer than its context lives.
func (t *trial) run(body func(*trial)) outcome {
	done := make(chan *panicked, 1)
	go func() {
		var p *panicked
		defer func() { done <- p }()
		defer func() {
			if v := recover(); v != nil {
				p = &panicked{value: v, stack: string(debug.Stack())}
			}
		}()
		body(t)
	}()
	select {
	case p := <-done:
		for _, closer := range t.closers {
			closer()
		}
		t.dropTables()
		return outcome{faults: t.faults, skipped: t.skipped, missing: t.missing, panic: p}
	case <-waited(t.ctx, 2*time.Second):
		stack := make([]byte, 64<<10)
		return outcome{hung: string(stack[:runtime.Stack(stack, true)])}
	}
}

// waited is closed a while after the context has ended.
func waited(ctx context.Context, more time.Duration) <-chan struct{} {
	over := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(more, func() { close(over) }) })
	return over
}

// dropTables removes what the trial made, over another pool: the trial's may be broken on purpose.
func (t *trial) dropTables() {
	if len(t.tables) == 0 {
		return
	}
	db := t.sweeper
	if db == nil {
		var err error
		if db, err = t.Open(t.dsn); err != nil {
			return
		}
		defer db.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, name := range t.tables {
		db.ExecContext(ctx, "DROP TABLE IF EXISTS "+name)
	}
}

func (o outcome) good() bool { return o.panic == nil && o.hung == "" && len(o.faults) == 0 }

func (o outcome) String() string {
	switch {
	case o.hung != "":
		return "did not come back"
	case o.panic != nil:
		return fmt.Sprintf("panic: %v", o.panic.value)
	}
	return strings.Join(o.faults, "\n")
}
