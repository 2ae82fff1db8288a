package deadline

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

func passes(c <-chan struct{}, within time.Duration) bool {
	select {
	case <-c:
		return true
	case <-time.After(within):
		return false
	}
}

func TestAfter(t *testing.T) {
	for _, d := range []time.Duration{0, time.Millisecond, 50 * time.Millisecond, 1100 * time.Millisecond} {
		began := time.Now()
		if !passes(After(d), 30*time.Second) || time.Since(began) < d {
			t.Errorf("%v passed after %v", d, time.Since(began))
		}
	}
}

func TestStopAndPause(t *testing.T) {
	called := make(chan struct{}, 1)
	f := func() { called <- struct{}{} }
	stopped := AfterFunc(50*time.Millisecond, f)
	stopped.Stop()
	paused := AfterFunc(50*time.Millisecond, f)
	paused.Pause()
	paused.Pause()
	paused.Resume()
	if passes(called, 300*time.Millisecond) {
		t.Error("a timer that was stopped or paused called")
	}
	paused.Resume()
	if !passes(called, 30*time.Second) {
		t.Error("a timer that goes on never called")
	}
	paused.Pause() // after its end
	paused.Resume()
	if passes(called, 100*time.Millisecond) {
		t.Error("a timer called twice")
	}
	var none *Timer
	none.Stop()
	none.Pause()
	none.Resume()
}

// What a process that was stopped has not seen does not count.
func TestStoppedProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this process is stopped for some seconds")
	}
	stopped := exec.Command("/bin/sh", "-c", "kill -STOP $PPID; sleep 5; kill -CONT $PPID")
	began, passed := time.Now(), After(3*time.Second)
	if err := stopped.Run(); err != nil {
		needs.Absent(t, needs.Kernel, fmt.Sprintf("this process cannot be stopped: %v", err))
	}
	if time.Since(began) < 4*time.Second {
		needs.Absent(t, needs.Kernel, "this process was not stopped")
	}
	if passes(passed, 500*time.Millisecond) {
		t.Errorf("it passed after %v, in most of which this process was stopped", time.Since(began))
	}
	if !passes(passed, 30*time.Second) {
		t.Error("it never passed")
	}
}
