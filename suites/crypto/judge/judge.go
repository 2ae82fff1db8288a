// Package judge has the requirements: functions that run one vector with one subject, and return an error if the subject does not
// meet it. They do not depend on how specs are run, so that tests can run them with subjects that are wrong on purpose.
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

// Unsupported is the error for an operation that a subject does not have.
type Unsupported struct{ What string }

func (u *Unsupported) Error() string { return "not supported: " + u.What }

// ErrPanic and ErrHang are wrapped by the errors of Attempt if the subject panicked or did not return.
var (
	ErrPanic = errors.New("panic")
	ErrHang  = errors.New("did not return")
)

// Fault is the value of the panic that ends a check if the suite's own preparation failed. It says nothing about a subject.
type Fault struct{ Err error }

func (f *Fault) Error() string { return f.Err.Error() }
func (f *Fault) Unwrap() error { return f.Err }

// hangTime is how long a single call of a subject may take before it counts as hung: thousands of times as long as the slowest
// call, also under emulation. In at least half of it this process must have used CPU time: if other processes have the processor,
// or the machine was suspended, a call does not count as hung, and the spec's deadline decides.
const hangTime = 25 * time.Second

// Recover calls a whole check, and returns a panic as an error: a *Fault as it is. It has no time limit: a check makes many calls,
// and the spec has a deadline.
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

// Attempt calls a subject on another goroutine, and returns ErrPanic or ErrHang if it panics or does not return. A goroutine that
// hangs is not stopped.
func Attempt(call func() error) error {
	done := make(chan error, 1)
	go func() {
		done <- Recover(call)
	}()
	return await(done, hangTime, cpuTime)
}

// await waits for the result of a call, and returns ErrHang after limit. spent returns the CPU time that this process has used.
func await(done <-chan error, limit time.Duration, spent func() time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	began := spent()
	for {
		select {
		case err := <-done:
			return err
		case <-timer.C:
			if spent()-began >= limit/2 {
				return fmt.Errorf("%w within %v", ErrHang, limit)
			}
			timer.Reset(limit)
		}
	}
}

// cpuTime returns the CPU time that this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// crashed reports whether err is a panic or a hang, neither of which is a refusal.
func crashed(err error) bool { return errors.Is(err, ErrPanic) || errors.Is(err, ErrHang) }

// thrower returns the function that panicked: the innermost one on the stack that is not the runtime's.
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

// short returns a value for evidence: in hexadecimal, at most 48 bytes.
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
