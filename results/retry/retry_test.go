package retry

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
)

func TestInterruptedCallsAreMadeAgain(t *testing.T) {
	for _, want := range []error{nil, syscall.EIO, errors.New("other")} {
		calls := 0
		got, err := Value(func() (int, error) {
			if calls++; calls < 3 {
				return 0, fmt.Errorf("wrapped: %w", syscall.EINTR)
			}
			return calls, want
		})
		if got != 3 || err != want {
			t.Errorf("%d, %v, want 3, %v", got, err, want)
		}
	}
}

func TestLock(t *testing.T) {
	var files [2]*os.File
	for i := range files {
		f, err := os.OpenFile(t.TempDir()+"/../lock", os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	if err := Lock(files[0].Fd(), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	if err := Lock(files[1].Fd(), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
		t.Errorf("a second lock: %v", err)
	}
}
