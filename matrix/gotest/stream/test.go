package stream

import (
	"time"
)

// Outcome is what the testing package says of a test.
type Outcome string

const (
	None Outcome = ""
	Pass Outcome = "PASS"
	Fail Outcome = "FAIL"
	Skip Outcome = "SKIP"
)

// Test is a top-level test as it stands.
type Test struct {
	Name     string
	Order    int // the how manyth that started, from 1; 0 where it has not
	Outcome  Outcome
	Claims   int // lines that gave it an outcome: more than one where somebody prints such lines
	Seconds  float64
	Subtests int
	Failed   []string // subtests, the first of them
	Failing  int      // subtests
	Skipped  int      // subtests
	Open     string   // the subtest that started last and has no outcome
	Attrs    []Attr
	Output   Clip

	Running time.Time // since when it runs; zero where it does not
	Ran     time.Duration
	Ended   time.Time
}

// Attr is a key and its value by testing.TB.Attr.
type Attr struct{ Key, Value string }

// Started reports whether the test has begun.
func (t *Test) Started() bool { return t.Order > 0 }

// Paused reports whether the test waits for others, by testing.T.Parallel.
func (t *Test) Paused() bool { return t.Started() && t.Outcome == None && t.Running.IsZero() }

// Runs reports whether the test is under way.
func (t *Test) Runs() bool { return t.Outcome == None && !t.Running.IsZero() }

// Used returns how long the test has run, without pauses.
func (t *Test) Used(now time.Time) time.Duration {
	if t.Running.IsZero() {
		return t.Ran
	}
	return t.Ran + now.Sub(t.Running)
}

func (t *Test) subtest(said Outcome, name []byte) {
	if t.Open == string(name) {
		t.Open = ""
	}
	switch said {
	case Fail:
		t.Failing++
		if len(t.Failed) < maxFailed {
			t.Failed = append(t.Failed, string(name))
		}
	case Skip:
		t.Skipped++
	}
}
