package run_test

import (
	"bufio"
	"os"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func init() {
	fakes["opens two specs, and one of them ends it"] = func(specs []string, events *bufio.Writer) {
		for _, s := range specs {
			start(events, s)
		}
		events.Flush()
		for _, s := range specs {
			if s == "second" {
				os.Exit(9)
			}
		}
		for _, s := range specs {
			end(events, s, "pass")
		}
	}
}

// When several specs are open in the process that ends, each runs alone: the one that ends it again has done it.
func TestSuspectsRunAlone(t *testing.T) {
	r := timed(t, "opens two specs, and one of them ends it", "first", "second", "third")
	for id, want := range map[string]record.Verdict{"first": record.Pass, "second": record.Crash, "third": record.Pass} {
		if s := spec(t, r, "native", id); s.Verdict != want {
			t.Errorf("%s: %s, want %s", id, said(s), want)
		}
	}
}
