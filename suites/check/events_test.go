package check

import (
	"io"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// A stopped coordinator reads no events, and the payload waits for it. This does not count for the deadline: else this process would
// end.
func TestWaitingForAReaderDoesNotCount(t *testing.T) {
	in, out := io.Pipe()
	b := &suiteRun{options: Options{Events: record.NewWriter(out), Stretch: 1}}
	go func() {
		time.Sleep(time.Second)
		_, _ = io.Copy(io.Discard, in)
	}()
	b.start(record.SpecPlan{ID: "a spec", Deadline: 0.3})
	b.end("a spec", types.SpecReport{State: types.SpecStatePassed})
	if b.ended != 1 || b.ending {
		t.Errorf("%d specs ended, given up: %t", b.ended, b.ending)
	}
}

// A spec that has asked for the seed is known to have done so until the next one starts: what it observes may not have to
// be equal in all runs.
func TestDrawsFromTheSeed(t *testing.T) {
	b := &suiteRun{options: Options{Events: record.NewWriter(io.Discard), Stretch: 1}}
	for _, draws := range []bool{false, true, false} {
		b.start(record.SpecPlan{ID: "a spec", Deadline: 30})
		if draws {
			b.draws()
		}
		if got := b.observed(); got != draws {
			t.Errorf("drew: %t, want %t", got, draws)
		}
		b.end("a spec", types.SpecReport{State: types.SpecStatePassed})
	}
}
