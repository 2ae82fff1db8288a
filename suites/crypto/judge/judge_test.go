package judge

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestRecover(t *testing.T) {
	broken := errors.New("no room")
	for name, c := range map[string]struct {
		check func() error
		want  error
	}{
		"met":     {func() error { return nil }, nil},
		"unmet":   {func() error { return broken }, broken},
		"a panic": {func() error { panic("x") }, ErrPanic},
		"a fault": {func() error { panic(&Fault{broken}) }, broken},
	} {
		err := Recover(c.check)
		if !errors.Is(err, c.want) || errors.Is(err, ErrPanic) != (c.want == ErrPanic) {
			t.Errorf("%s: %v", name, err)
		}
		if c.want == ErrPanic && !strings.Contains(err.Error(), "judge_test.go") && !strings.Contains(err.Error(), "TestRecover") {
			t.Errorf("%v does not say where", err)
		}
	}
}

// A call that computes for ever has hung; a call whose process gets no CPU time has not.
func TestAwait(t *testing.T) {
	busy := func() (spent func() time.Duration) {
		var n time.Duration
		return func() time.Duration { n += time.Second; return n }
	}
	if err := await(make(chan error), time.Millisecond, busy()); !errors.Is(err, ErrHang) {
		t.Errorf("computing without end: %v", err)
	}
	done := make(chan error)
	time.AfterFunc(50*time.Millisecond, func() { done <- nil })
	if err := await(done, time.Millisecond, func() time.Duration { return 0 }); err != nil {
		t.Errorf("on a busy machine: %v", err)
	}
}
