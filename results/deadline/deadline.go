// Package deadline counts the time in which this process ran. Time that a process was stopped (Ctrl-Z, SIGSTOP), or its
// machine was suspended, passes no deadline: nobody was there to be late, or to see it.
package deadline

import (
	"sync"
	"time"
)

const (
	step = time.Second // how much is counted at a time
	late = time.Second // by how much the end of a step may be late in a process that runs
)

// Timer counts down from a time.
type Timer struct {
	mu     sync.Mutex
	f      func()
	left   time.Duration
	part   time.Duration // of left, that is being counted
	began  time.Time
	timer  *time.Timer
	paused int
	over   bool // f was called, or will not be
}

// AfterFunc calls f in a goroutine of its own when this process has run for d.
func AfterFunc(d time.Duration, f func()) *Timer {
	t := &Timer{f: f, left: d}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count()
	return t
}

// After is a channel that is closed when this process has run for d.
func After(d time.Duration) <-chan struct{} {
	passed := make(chan struct{})
	AfterFunc(d, func() { close(passed) })
	return passed
}

// Stop keeps f from being called, unless it was already.
func (t *Timer) Stop() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	t.timer.Stop()
}

// Pause leaves out the time until Resume, such as that in which somebody else keeps this process waiting. Several may
// pause it at a time.
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

// count begins the next step, with the lock held.
func (t *Timer) count() {
	t.part, t.began = min(max(t.left, 0), step), time.Now()
	t.timer = time.AfterFunc(t.part, t.counted)
}

// counted ends a step. Where it was late the process did not run through it: it counts half, as nobody knows when the
// process was stopped.
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
