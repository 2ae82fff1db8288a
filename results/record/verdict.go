package record

import "slices"

// Verdict is the result of a spec.
type Verdict string

const (
	Crash   Verdict = "crash"   // the process ended while the spec ran; the detail has the signal or exit status
	Timeout Verdict = "timeout" // the spec exceeded its deadline
	Fail    Verdict = "fail"    // the requirement is not met
	Error   Verdict = "error"   // the harness or its environment broke; also a planned spec that never ended
	Miss    Verdict = "miss"    // something needed is absent: server, permission, device, licence
	Known   Verdict = "known"   // fails, and a live waiver covers it
	Fixed   Verdict = "fixed"   // passes, and a waiver for it is no longer needed
	Skip    Verdict = "skip"    // does not apply here
	Pass    Verdict = "pass"
)

// Verdicts holds all verdicts, worst first.
var Verdicts = []Verdict{Crash, Timeout, Fail, Error, Miss, Known, Fixed, Skip, Pass}

// Valid reports whether v is one of Verdicts.
func (v Verdict) Valid() bool { return slices.Contains(Verdicts, v) }

// Reported reports whether an event may have the verdict. Payloads and journals do not have known and fixed; triage makes
// them of others.
func (v Verdict) Reported() bool { return v.Valid() && v != Known && v != Fixed }

// Worse reports whether v is before w in Verdicts; an invalid verdict is worse than all.
func (v Verdict) Worse(w Verdict) bool {
	return slices.Index(Verdicts, v) < slices.Index(Verdicts, w)
}
