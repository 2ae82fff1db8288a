// Package judge holds the requirements: functions that put one vector to one subject and say in an error what was not
// met. They know nothing of how specs are run, so that the suite's own tests can turn them against liars.
package judge

import (
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Unsupported is the error for something that a subject does not declare.
type Unsupported struct{ What string }

func (u *Unsupported) Error() string { return "not supported: " + u.What }

// ErrPanic and ErrHang are wrapped by what Attempt returns when the subject neither returned nor refused.
var (
	ErrPanic = errors.New("panic")
	ErrHang  = errors.New("did not return")
)

// Fault is the panic by which the suite's own preparation ends a check. It says nothing of a subject.
type Fault struct{ Err error }

func (f *Fault) Error() string { return f.Err.Error() }
func (f *Fault) Unwrap() error { return f.Err }

// patience is what a single call of a subject may take before it counts as hung: thousands of times the slowest one's
// need, also under emulation. At least half of it has to be processor time of this process: where others have the processor,
// or the machine slept, a call has not hung, and the spec's deadline decides.
const patience = 25 * time.Second

// Recover calls a whole check, and turns a panic into an error: a *Fault into itself. Time is the spec's to watch: a check
// makes many calls.
func Recover(check func() error) (err error) {
	defer func() {
		p := recover()
		if fault, own := p.(*Fault); own {
			err = fault
		} else if p != nil {
			err = fmt.Errorf("%w: %v at %s", ErrPanic, p, thrower())
		}
	}()
	return check()
}

// Attempt calls a subject so that neither a panic nor an endless call takes the spec's process with it. A call that
// hangs is left behind.
func Attempt(call func() error) error {
	done := make(chan error, 1)
	go func() {
		done <- Recover(call)
	}()
	return await(done, patience, processorTime)
}

// await waits for a call. spent is the processor time that this process has had.
func await(done <-chan error, patience time.Duration, spent func() time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	began := spent()
	for {
		select {
		case err := <-done:
			return err
		case <-timer.C:
			if spent()-began >= patience/2 {
				return fmt.Errorf("%w within %v", ErrHang, patience)
			}
			timer.Reset(patience)
		}
	}
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// crashed reports whether err is a panic or a hang, which is never a right way to refuse.
func crashed(err error) bool { return errors.Is(err, ErrPanic) || errors.Is(err, ErrHang) }

// thrower is the function that panicked: the innermost one on the stack that is not the runtime's.
func thrower() string {
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", f.Function, f.Line)
		}
		if !more {
			return "unknown"
		}
	}
}

// short is a value for evidence: hex, cut where it is long.
func short(b []byte) string {
	if len(b) > 48 {
		return fmt.Sprintf("%x… (%d bytes)", b[:48], len(b))
	}
	return fmt.Sprintf("%x", b)
}

func differs(what string, got, want []byte) error {
	return fmt.Errorf("%s is %s, want %s", what, short(got), short(want))
}

func number(b []byte) *big.Int { return new(big.Int).SetBytes(b) }

func bigInt(n int64) *big.Int { return big.NewInt(n) }

func big32(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }
