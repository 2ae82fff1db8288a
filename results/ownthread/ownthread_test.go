package ownthread

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestCall: the thread is not the first one, also where the caller is on that, and it ends.
func TestCall(t *testing.T) {
	failed := errors.New("failed")
	fromFirst := 0
	var mu sync.Mutex
	for begin := time.Now(); fromFirst < 20 && time.Since(begin) < 10*time.Second; {
		var all sync.WaitGroup
		for range 4 * runtime.GOMAXPROCS(0) {
			all.Go(func() {
				first := unix.Gettid() == os.Getpid() // the goroutine that Call starts begins there too, as this one waits
				thread := 0
				if err := Call(func() error { thread = unix.Gettid(); return failed }); err != failed {
					t.Errorf("what f returns: %v", err)
				}
				if thread == os.Getpid() {
					t.Error("f runs on the first thread")
				}
				ends(t, thread)
				mu.Lock()
				defer mu.Unlock()
				if first {
					fromFirst++
				}
			})
		}
		all.Wait()
	}
	t.Logf("%d calls from the first thread", fromFirst)
}

// ends waits until a thread is gone.
func ends(t *testing.T, thread int) {
	for range 1000 {
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", thread)); err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("thread %d stays", thread)
}
