package dbtest

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// DefaultLimit is how long a case may take natively if it has no limit of its own.
const DefaultLimit = 20 * time.Second

// Case is one requirement that programs rely on.
type Case struct {
	Text     string // the spec's text: part of its id, never changed
	Key      string // the last part of the finding's id, never changed
	Severity record.Severity
	Limit    time.Duration // natively; 0: DefaultLimit
	Check    func(*T)
	Source   string // the document that has the requirement; see the dialect's Answers for other databases
}

// TimeLimit returns how long the case may take natively.
func (c Case) TimeLimit() time.Duration {
	if c.Limit > 0 {
		return c.Limit
	}
	return DefaultLimit
}

// Finding returns the id of the finding that the case reports when the dialect's driver does not meet it.
func (c Case) Finding(library string) string { return "database/" + library + "/" + c.Key }

// Outcome is what a run of a case ended with.
type Outcome struct {
	Mismatches []string
	Skipped    *record.Sentence // why the case does not apply; nil if it does
	Missing    *check.Missing   // what the case needs and is absent; nil if nothing is
	Panic      *Panic
	Hung       string // the stacks of all goroutines if the case did not return; "" if it did
}

// Panic is a panic in a case, most likely the driver's.
type Panic struct {
	Value any
	Stack string
}

// Passed reports whether the case found nothing wrong. A skipped case has passed, too.
func (o Outcome) Passed() bool { return o.Panic == nil && o.Hung == "" && len(o.Mismatches) == 0 }

// String returns what was wrong.
func (o Outcome) String() string {
	switch {
	case o.Hung != "":
		return "did not come back"
	case o.Panic != nil:
		return fmt.Sprintf("panic: %v", o.Panic.Value)
	}
	return strings.Join(o.Mismatches, "\n")
}

// hangTime is how long Run waits for a case after the case's context has ended.
const hangTime = 2 * time.Second

// Run runs a case on a goroutine of its own. It returns when the case has, or 2 s after its context has ended: a driver
// that ignores its context must not stop the specs that follow.
func (t *T) Run(body func(*T)) Outcome {
	done := make(chan *Panic, 1)
	go func() {
		var p *Panic
		defer func() { done <- p }()
		defer func() {
			if v := recover(); v != nil {
				p = &Panic{Value: v, Stack: string(debug.Stack())}
			}
		}()
		body(t)
	}()
	select {
	case p := <-done:
		for _, f := range t.atEnd {
			f()
		}
		t.dropTables()
		return Outcome{Mismatches: t.mismatches, Skipped: t.skipped, Missing: t.missing, Panic: p}
	case <-afterEnd(t.Ctx, hangTime):
		stack := make([]byte, 64<<10)
		return Outcome{Hung: string(stack[:runtime.Stack(stack, true)])}
	}
}

// afterEnd returns a channel that is closed when the context has ended and d has passed after that.
func afterEnd(ctx context.Context, d time.Duration) <-chan struct{} {
	over := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(d, func() { close(over) }) })
	return over
}

// dropTables drops the case's tables, the last one first: it may refer to those before it.
func (t *T) dropTables() {
	if len(t.tables) == 0 {
		return
	}
	db := t.Cleaner
	if db == nil {
		var err error
		if db, err = t.Open(t.DSN); err != nil {
			return
		}
		defer db.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, name := range slices.Backward(t.tables) {
		db.ExecContext(ctx, "DROP TABLE IF EXISTS "+name)
	}
}
