package check

import (
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestVerdictOfAReport(t *testing.T) {
	for state, want := range map[types.SpecState]record.Verdict{
		types.SpecStatePassed: record.Pass, types.SpecStateSkipped: record.Skip, types.SpecStatePending: record.Skip,
		types.SpecStatePanicked: record.Fail, types.SpecStateTimedout: record.Timeout, types.SpecStateFailed: record.Fail,
		types.SpecStateInterrupted: record.Fail, types.SpecStateAborted: record.Fail,
	} {
		r := types.SpecReport{State: state}
		r.Failure.Message, r.Failure.ForwardedPanic = "message", "cause"
		end := verdict(r)
		if end.Verdict != want {
			t.Errorf("%v: %s, want %s", state, end.Verdict, want)
		}
		if state == types.SpecStatePanicked && !strings.Contains(end.Detail.En, "panic: cause") {
			t.Errorf("the panic is not named: %+v", end)
		}
	}
}

// The verdict that a spec has given itself counts, unless Ginkgo's report has a worse one.
func TestOwnVerdictAndReport(t *testing.T) {
	for _, c := range []struct {
		said  record.Verdict
		state types.SpecState
		want  record.Verdict
	}{
		{record.Skip, types.SpecStateSkipped, record.Skip},
		{record.Miss, types.SpecStateSkipped, record.Miss},
		{record.Error, types.SpecStateFailed, record.Error},
		{record.Skip, types.SpecStateFailed, record.Fail},
		{record.Miss, types.SpecStateFailed, record.Fail},
		{record.Miss, types.SpecStatePanicked, record.Fail},
		{record.Fail, types.SpecStatePassed, record.Fail},
		{record.Miss, types.SpecStateTimedout, record.Timeout},
	} {
		b := &suiteRun{options: Options{Stretch: 1}}
		b.start(record.SpecPlan{ID: "a spec", Deadline: 30})
		b.report(record.SpecEnd{Verdict: c.said, Detail: &record.Sentence{}})
		end, ended := b.end("a spec", types.SpecReport{State: c.state})
		if !ended || end.Verdict != c.want {
			t.Errorf("said %s, reported %v: %s, want %s", c.said, c.state, end.Verdict, c.want)
		}
	}
}
