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

// patience is how long a command may take to stop its children after a signal.
const patience = 15 * time.Second

// notice is the time within which a command that uses its context calls it.
const notice = 300 * time.Millisecond

// errInterrupted is the error of a command that a signal has ended.
var errInterrupted = &status{exitLost, &record.Problem{Sentence: record.Say("interrupted", "已中断")}}

// verbContext is a context that records whether the command uses it.
type verbContext struct {
	context.Context
	looked atomic.Bool
}

func (t *verbContext) Done() <-chan struct{} {
	t.looked.Store(true)
	return t.Context.Done()
}

func (t *verbContext) Err() error {
	t.looked.Store(true)
	return t.Context.Err()
}

// interruptible returns a context that ends with the first Ctrl-C or SIGTERM. The program then ends with the command; if
// the command does not use the context, or takes longer than patience, the program ends without it. A second signal ends
// the program at once, and its children with it.
func (a *app) interruptible() (ctx *verbContext, stop func()) {
	inner, cancel := context.WithCancelCause(context.Background())
	t := &verbContext{Context: inner}
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
