package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/deadline"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

// patience is how long a verb that has been told of a signal may take to stop what it started.
const patience = 15 * time.Second

// notice is how soon a verb looks at its context, if it does.
const notice = 300 * time.Millisecond

// errInterrupted is what a verb comes to that a signal ended.
var errInterrupted = &status{exitLost, &record.Problem{Sentence: record.Say("interrupted", "已中断")}}

// told is a context that knows whether its verb looks at it.
type told struct {
	context.Context
	looked atomic.Bool
}

func (t *told) Done() <-chan struct{} {
	t.looked.Store(true)
	return t.Context.Done()
}

func (t *told) Err() error {
	t.looked.Store(true)
	return t.Context.Err()
}

// interruptible is a context that ends with the first Ctrl-C or SIGTERM. The program then ends with the verb, and without
// it where the verb does not look at its context or takes longer than it may. The second signal ends the program at once:
// what it started dies with it.
func (a *app) interruptible() (ctx *told, stop func()) {
	inner, cancel := context.WithCancelCause(context.Background())
	t := &told{Context: inner}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		cancel(errInterrupted)
		for began := time.Now(); !t.looked.Load() && time.Since(began) < notice; time.Sleep(10 * time.Millisecond) {
		}
		if t.looked.Load() {
			<-deadline.After(patience)
		}
		a.restore()
		temporary.RemoveAll()
		os.Exit(a.fail(errInterrupted))
	}()
	return t, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
