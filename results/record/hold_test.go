package record_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// writes keeps what each Write call was given.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

var (
	ended   = record.Event{Kind: record.KindSpecEnd, Spec: "first", End: &record.SpecEnd{Verdict: record.Pass}}
	started = record.Event{Kind: record.KindSpecStart, Spec: "second", Start: &record.SpecStart{Deadline: 1}}
)

func TestHold(t *testing.T) {
	var out writes
	w := record.NewWriter(&out)
	if err := w.Hold(ended); err != nil || len(out) != 0 {
		t.Errorf("a held event was written: %q, %v", out, err)
	}
	if err := w.Write(started); err != nil {
		t.Fatal(err)
	}
	if len(out) != 1 || !strings.Contains(out[0], "first") || strings.Index(out[0], "first") > strings.Index(out[0], "second") {
		t.Errorf("not both at once and in order: %q", out)
	}
	if err := errors.Join(w.Hold(ended), w.Flush(), w.Flush()); err != nil || len(out) != 2 || !strings.Contains(out[1], "first") {
		t.Errorf("an event that nothing follows was not written, once: %q, %v", out, err)
	}
}

func TestHeldAndLost(t *testing.T) {
	in, out := io.Pipe()
	in.Close()
	w := record.NewWriter(out)
	if err := w.Hold(ended); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(started); err == nil {
		t.Error("nothing said that an event was lost")
	}
}
