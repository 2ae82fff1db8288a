package run

import (
	"time"

	"github.com/xcmatrix/xcmatrix/results/deadline"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// How long a payload may take, in addition to the deadlines of its specs.
var (
	startDeadline = 60 * time.Second // until its first event, from there to the first spec, and between two specs
	graceDeadline = 5 * time.Second  // for the payload to report by itself that a spec is late
	recheckTime   = time.Second / 4  // to read events that have arrived already, before the payload is called late
	maxRechecks   = 20
)

// watchdog tells when a payload is late. Time during which this process was stopped does not count, and an event that
// the payload repeats does not extend a deadline.
type watchdog struct {
	late    <-chan struct{} // closed when the next event is overdue
	expired <-chan struct{} // closed when the time for all specs together is over

	deadlines    map[string]time.Duration // by spec id
	pauseTime    time.Duration            // between specs
	timer        *deadline.Timer
	totalTimer   *deadline.Timer
	started      map[string]bool // by spec id
	open         map[string]bool // specs that have started and not ended, by id
	seenMachine  bool            // the payload has sent its machine event
	rechecks     int             // since the deadline passed
	newlyArrived bool            // an event has arrived since the last recheck
}

// newWatchdog starts to wait for the payload's first event. A timeFactor above 1 extends the time between specs.
func newWatchdog(specs []record.SpecPlan, deadlines map[string]time.Duration, timeFactor float64) *watchdog {
	w := &watchdog{deadlines: deadlines, started: map[string]bool{}, open: map[string]bool{},
		pauseTime: time.Duration(float64(startDeadline) * max(1, timeFactor/2))}
	total := 2 * w.pauseTime
	for _, s := range specs {
		total += deadlines[s.ID] + graceDeadline
	}
	expired := make(chan struct{})
	w.expired = expired
	w.totalTimer = deadline.AfterFunc(total, func() { close(expired) })
	w.wait(w.pauseTime)
	return w
}

// wait sets the time until which the next event must arrive.
func (w *watchdog) wait(d time.Duration) {
	w.timer.Stop()
	late := make(chan struct{})
	w.late, w.rechecks = late, 0
	w.timer = deadline.AfterFunc(d, func() { close(late) })
}

// stop stops the timers of the current spec and of the process.
func (w *watchdog) stop() {
	w.timer.Stop()
	w.totalTimer.Stop()
}

// machineReported allows the time to the first spec, once, after the payload's machine event.
func (w *watchdog) machineReported() {
	if !w.seenMachine && len(w.started) == 0 {
		w.seenMachine = true
		w.wait(w.pauseTime)
	}
}

// specStarted allows the spec its deadline. A second start of the same spec changes nothing.
func (w *watchdog) specStarted(spec string) {
	if w.started[spec] {
		return
	}
	w.started[spec], w.open[spec] = true, true
	w.waitForNext()
}

// specEnded allows the time to the next spec, or to the end of another that is open.
func (w *watchdog) specEnded(spec string) {
	delete(w.open, spec)
	w.waitForNext()
}

// waitForNext sets the time until which the next event must arrive: by the longest deadline of an open spec, or the pause
// between two specs.
func (w *watchdog) waitForNext() {
	longest := time.Duration(0)
	for spec := range w.open {
		longest = max(longest, w.deadlines[spec]+graceDeadline)
	}
	if len(w.open) == 0 {
		longest = w.pauseTime
	}
	w.wait(longest)
}

// eventArrived notes that the payload has written something.
func (w *watchdog) eventArrived() { w.newlyArrived = true }

// recheck reports whether events may have arrived that this process has not read yet, for example because it was
// stopped. It then waits a little longer; the payload is late when recheck returns false.
func (w *watchdog) recheck() bool {
	if w.rechecks > 0 && !w.newlyArrived || w.rechecks == maxRechecks {
		return false
	}
	rechecks := w.rechecks + 1
	w.wait(recheckTime)
	w.rechecks, w.newlyArrived = rechecks, false
	return true
}
