// Package deadline measures the time in which this process ran. Time in which the process was stopped (Ctrl-Z, SIGSTOP)
// or the machine was suspended does not count, because nothing could progress in it.
package deadline

import (
	"sync"
	"time"
)

const (
	step = time.Second // the timer counts in steps of this length
	late = time.Second // largest delay of a step's end in a process that was not stopped
)

// Timer calls a function when this process has run for some time.
type Timer struct {
	mu     sync.Mutex
	f      func()
	left   time.Duration
	part   time.Duration // of left: the step that is being counted
	began  time.Time
	timer  *time.Timer
	paused int
	over   bool // f was called, or will not be
}

// AfterFunc returns a timer that calls f in its own goroutine when this process has run for d.
func AfterFunc(d time.Duration, f func()) *Timer {
	t := &Timer{f: f, left: d}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count()
	return t
}

// After returns a channel that is closed when this process has run for d.
func After(d time.Duration) <-chan struct{} {
	passed := make(chan struct{})
	AfterFunc(d, func() { close(passed) })
	return passed
}

// Stop prevents the call of f, unless f was called already.
func (t *Timer) Stop() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	t.timer.Stop()
}

// Pause stops counting until Resume, for example while this process waits for another. Several goroutines may pause a
// timer at a time.
func (t *Timer) Pause() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paused++; t.paused == 1 && !t.over {
		t.timer.Stop()
		t.left -= min(time.Since(t.began), t.part)
	}
}

// Resume ends a Pause.
func (t *Timer) Resume() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paused--; t.paused == 0 && !t.over {
		t.count()
	}
}

// count begins the next step. The caller holds the lock.
func (t *Timer) count() {
	t.part, t.began = min(max(t.left, 0), step), time.Now()
	t.timer = time.AfterFunc(t.part, t.counted)
}

// counted ends a step. A step whose end was late counts half, because the process was stopped at an unknown point in it.
func (t *Timer) counted() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.paused > 0 {
		return
	}
	took := time.Since(t.began)
	if took > t.part+late {
		took = max(t.part/2, time.Millisecond)
	}
	if t.left -= took; t.left > 0 {
		t.count()
		return
	}
	t.over = true
	go t.f()
}
