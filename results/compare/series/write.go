package series

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// WriteRun writes a run's samples in the Go benchmark format, one line each, with the configuration keys that distinguish
// targets: `benchstat -col chip` and Read can read it.
func WriteRun(w io.Writer, run *store.Run) error {
	out := benchfmt.NewWriter(w)
	units := map[string]bool{}
	for _, cell := range run.Cells {
		o := originOf(run, cell, "")
		for _, s := range cell.Samples {
			if !units[s.Unit] {
				units[s.Unit] = true
				// The unit line has the unit as written; the reader converts it.
				if _, err := fmt.Fprintf(w, "Unit %s better=%s\n", word(s.Unit), word(string(s.Better))); err != nil {
					return err
				}
			}
			result := benchResult(cell.Item, s.Sample)
			result.Config = o.config(cell.Item)
			if err := out.Write(&result); err != nil {
				return err
			}
		}
	}
	return nil
}

// benchResult returns a sample as a result of the Go benchmark format, with its unit converted as a reader would.
func benchResult(item string, s record.Sample) benchfmt.Result {
	written := word(s.Unit)
	value, unit := benchunit.Tidy(s.Value, written)
	v := benchfmt.Value{Value: value, Unit: unit}
	if unit != written {
		v.OrigValue, v.OrigUnit = s.Value, written
	}
	return benchfmt.Result{Name: benchfmt.Name(benchName(item, s.Name)), Iters: max(1, s.N), Values: []benchfmt.Value{v}}
}

// benchName returns a name that is valid in the Go benchmark format: item first, no spaces.
func benchName(item, name string) string {
	name = word(name)
	return strings.ToUpper(item[:min(1, len(item))]) + item[min(1, len(item)):] + "/" + name
}

// word returns a text of another machine as one word, so that no name or unit begins a line of its own.
func word(text string) string {
	return plain.Line(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return '_'
		}
		return r
	}, text))
}

// config returns an Origin as configuration lines.
func (o *Origin) config(pkg string) []benchfmt.Config {
	var config []benchfmt.Config
	add := func(key, value string) {
		if value != "" {
			config = append(config, benchfmt.Config{Key: key, Value: []byte(plain.Line(value)), File: true})
		}
	}
	add("goarch", o.GOARCH)
	add("pkg", pkg)
	add("chip", o.Chip)
	add("system", o.System)
	add("target", o.Target)
	add("provenance", string(o.Provenance))
	add("run", o.Run)
	add("commit", o.Commit)
	add("build-key", o.BuildKey)
	add("payload", o.Payload)
	add("noise", o.Noise)
	if o.Round > 0 {
		add("round", fmt.Sprint(o.Round))
	}
	return config
}
