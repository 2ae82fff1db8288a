package run

import (
	"time"

	"github.com/xcmatrix/xcmatrix/results/deadline"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// How long a payload may take, beside its specs' own deadlines.
var (
	startDeadline = 60 * time.Second // until its first word, from there to the first spec, and between a spec and the next
	graceDeadline = 5 * time.Second  // to say by itself that a spec is late
	unreadTime    = time.Second / 4  // in which what it has said already is read first, as long as more comes, so many times
	unreadTimes   = 20
)

// clock is when a payload is late. Time that this process did not run through does not count, and nothing that a
// payload says twice gives it more time.
type clock struct {
	due  <-chan struct{} // what is being waited for should have come
	over <-chan struct{} // the whole should have

	deadlines map[string]time.Duration
	gap       time.Duration
	timer     *deadline.Timer
	whole     *deadline.Timer
	started   map[string]bool
	began     bool // the payload has said what machine it is on
	looks     int  // at what lies unread
	news      bool // since the last one
}

// newClock starts to wait for the payload's first word.
func newClock(wanted []record.SpecPlan, deadlines map[string]time.Duration, stretch float64) *clock {
	c := &clock{deadlines: deadlines, started: map[string]bool{},
		gap: time.Duration(float64(startDeadline) * max(1, stretch/2))}
	total := 2 * c.gap
	for _, p := range wanted {
		total += deadlines[p.ID] + graceDeadline
	}
	over := make(chan struct{})
	c.over = over
	c.whole = deadline.AfterFunc(total, func() { close(over) })
	c.set(c.gap)
	return c
}

// set waits so long for what is to come next.
func (c *clock) set(d time.Duration) {
	c.timer.Stop()
	due := make(chan struct{})
	c.due, c.looks = due, 0
	c.timer = deadline.AfterFunc(d, func() { close(due) })
}

func (c *clock) stop() {
	c.timer.Stop()
	c.whole.Stop()
}

// begin gives a payload that says what machine it is on the time to its first spec, once.
func (c *clock) begin() {
	if !c.began && len(c.started) == 0 {
		c.began = true
		c.set(c.gap)
	}
}

// start gives a spec its deadline. One that starts once more has no more than it had.
func (c *clock) start(spec string) {
	if c.started[spec] {
		return
	}
	c.started[spec] = true
	c.set(c.deadlines[spec] + graceDeadline)
}

// pause gives the payload the time to its next spec.
func (c *clock) pause() { c.set(c.gap) }

// heard notes that something came.
func (c *clock) heard() { c.news = true }

// lookAgain reports whether what the payload has said already may not all be read: it does not wait until this process,
// which may have been stopped, comes to it.
func (c *clock) lookAgain() bool {
	if c.looks > 0 && !c.news || c.looks == unreadTimes {
		return false
	}
	looks := c.looks + 1
	c.set(unreadTime)
	c.looks, c.news = looks, false
	return true
}
