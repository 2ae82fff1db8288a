// Package overhead measures the cost of the harness: it starts the same payload alternately by itself, with its events
// discarded, and in a run.
package overhead

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/median"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Options of a measurement.
type Options struct {
	Builder *build.Builder
	Item    string            // an item whose specs do nothing
	Specs   []record.SpecPlan // all specs of the item
	Turns   int               // measurements of each figure
}

// Figures are medians of all measurements.
type Figures struct {
	Start     time.Duration `json:"start_ns"`      // a payload by itself with one spec: process start, spec tree, Ginkgo's own reports
	BareSpec  time.Duration `json:"bare_spec_ns"`  // each further spec in a payload by itself
	Cell      time.Duration `json:"cell_ns"`       // a cell with one spec in a run
	CellExtra time.Duration `json:"cell_extra_ns"` // added by a run to each cell
	SpecExtra time.Duration `json:"spec_extra_ns"` // added by a run to each spec
	Turns     int           `json:"turns"`
}

// rounds is the number of rounds of the longer run. The difference to a run of one round excludes costs that a run has once.
const rounds = 5

// Measure measures all figures alternately, so that a change of the machine's speed affects all of them. It returns an error if a
// spec does not pass.
func Measure(ctx context.Context, o Options) (Figures, error) {
	dir, err := os.MkdirTemp("", "xcmatrix-overhead-")
	if err != nil {
		return Figures{}, err
	}
	defer os.RemoveAll(dir)
	payload, err := o.Builder.Build(ctx, o.key())
	if err != nil {
		return Figures{}, err
	}
	var bareOne, bareAll, cellOne, cellAll []time.Duration
	for turn := range o.Turns {
		for _, m := range []struct {
			results *[]time.Duration
			take    func() (time.Duration, error)
		}{
			{&bareOne, func() (time.Duration, error) { return o.bare(ctx, payload, dir, 1) }},
			{&cellOne, func() (time.Duration, error) { return o.cell(ctx, filepath.Join(dir, fmt.Sprint(turn, "one")), 1) }},
			{&bareAll, func() (time.Duration, error) { return o.bare(ctx, payload, dir, len(o.Specs)) }},
			{&cellAll, func() (time.Duration, error) {
				return o.cell(ctx, filepath.Join(dir, fmt.Sprint(turn, "all")), len(o.Specs))
			}},
		} {
			d, err := m.take()
			if err != nil {
				return Figures{}, err
			}
			*m.results = append(*m.results, d)
		}
	}
	more := time.Duration(len(o.Specs) - 1)
	f := Figures{Start: median.Of(bareOne), BareSpec: (median.Of(bareAll) - median.Of(bareOne)) / more, Cell: median.Of(cellOne), Turns: o.Turns}
	f.CellExtra = f.Cell - f.Start
	f.SpecExtra = (median.Of(cellAll)-median.Of(cellOne))/more - f.BareSpec
	return f, nil
}

// key returns the build key of this machine.
func (o Options) key() build.Key { return build.Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH} }

// bare returns how long a payload by itself takes for the first n specs. Its events are discarded; it writes Ginkgo's own reports.
func (o Options) bare(ctx context.Context, p build.Payload, dir string, n int) (time.Duration, error) {
	r := record.Request{Item: o.Item, Round: 1, Seed: 1, Stretch: 1, Launch: record.Launch{Provenance: record.Native}, ReportDir: dir}
	for _, s := range o.Specs[:n] {
		r.Specs = append(r.Specs, s.ID)
	}
	request, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	cmd := exec.CommandContext(ctx, p.Path, "exec", "--request", "-", "--events-fd", "3")
	cmd.Env = environ.Own()
	cmd.Stdin, cmd.ExtraFiles = bytes.NewReader(request), []*os.File{null}
	began := time.Now()
	err = cmd.Run()
	return time.Since(began), err
}

// cell returns how long a cell with the first n specs takes in a run.
func (o Options) cell(ctx context.Context, dir string, n int) (time.Duration, error) {
	once, err := o.run(ctx, filepath.Join(dir, "1"), n, 1)
	if err != nil {
		return 0, err
	}
	often, err := o.run(ctx, filepath.Join(dir, "n"), n, rounds)
	return (often - once) / (rounds - 1), err
}

// run returns how long a run with the first n specs takes.
func (o Options) run(ctx context.Context, root string, n, rounds int) (time.Duration, error) {
	t := matrix.Target{ID: "native", GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, Run: "native"}
	began := time.Now()
	done, err := run.New(ctx, run.Options{
		Root: root, Builder: o.Builder, Jobs: 1, Repeat: true,
		Plan: matrix.Plan{Targets: []matrix.Target{t}, Items: []string{o.Item},
			Cells: []matrix.Cell{{Target: t, Item: o.Item, Rounds: rounds, Key: o.key()}}},
		Manifest: store.Manifest{Run: "overhead", Seed: 1},
		Specs:    func(string) ([]record.SpecPlan, error) { return o.Specs[:n], nil },
	})
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	for _, c := range done.Cells {
		if c.Count()[record.Pass] != n {
			return 0, fmt.Errorf("specs that do nothing did not all pass: %v", c.Count())
		}
	}
	return took, nil
}
