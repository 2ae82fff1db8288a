package record_test

import (
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// writes keeps what each Write call was given.
type writes struct {
	mu    sync.Mutex
	calls []string
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, string(p))
	return len(p), nil
}

func (w *writes) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

var (
	ended   = record.Event{Kind: record.KindSpecEnd, Spec: "first", End: &record.SpecEnd{Verdict: record.Pass}}
	started = record.Event{Kind: record.KindSpecStart, Spec: "second", Start: &record.SpecStart{Deadline: 1}}
)

func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out writes
		w := record.NewWriter(&out)
		hold := func() {
			if err := w.Hold(ended); err != nil {
				t.Fatal(err)
			}
		}
		if hold(); len(out.all()) != 0 {
			t.Errorf("a held event was written: %q", out.all())
		}
		if err := w.Write(started); err != nil {
			t.Fatal(err)
		}
		if got := out.all(); len(got) != 1 || !strings.Contains(got[0], "first") || strings.Index(got[0], "first") > strings.Index(got[0], "second") {
			t.Errorf("not both at once and in order: %q", got)
		}
		hold()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := out.all(); len(got) != 2 || !strings.Contains(got[1], "first") {
			t.Errorf("an event that nothing follows was not written: %q", got)
		}
	})
}

func TestHeldAndLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := io.Pipe()
		in.Close()
		w := record.NewWriter(out)
		if err := w.Hold(ended); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if err := w.Write(started); err == nil {
			t.Error("nothing said that an event was lost")
		}
	})
}
