package record

import "slices"

// Verdict is what is said of a spec in the end.
type Verdict string

const (
	Crash   Verdict = "crash"   // the process ended under the spec: signal or exit status named
	Timeout Verdict = "timeout" // the deadline passed
	Fail    Verdict = "fail"    // the requirement is not met
	Error   Verdict = "error"   // the harness or its environment broke; also a planned spec that never ended
	Miss    Verdict = "miss"    // something needed is absent: server, permission, device, licence
	Known   Verdict = "known"   // fails as a live waiver says
	Fixed   Verdict = "fixed"   // a waiver is no longer needed
	Skip    Verdict = "skip"    // does not apply here
	Pass    Verdict = "pass"
)

// Verdicts holds all verdicts, worst first.
var Verdicts = []Verdict{Crash, Timeout, Fail, Error, Miss, Known, Fixed, Skip, Pass}

// Valid reports whether v is one of Verdicts.
func (v Verdict) Valid() bool { return slices.Contains(Verdicts, v) }

// Reported reports whether v is a verdict that an event may bear: known and fixed are what triage makes of others, and no
// payload and no journal has them.
func (v Verdict) Reported() bool { return v.Valid() && v != Known && v != Fixed }

// Worse reports whether v stands before w in Verdicts; a verdict that is not one is worse than all.
func (v Verdict) Worse(w Verdict) bool {
	return slices.Index(Verdicts, v) < slices.Index(Verdicts, w)
}
