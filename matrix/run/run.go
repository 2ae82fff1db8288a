// Package run carries a plan through: payloads are built, started, listened to and started again, until every planned
// spec has a verdict in the journal.
package run

import (
	"context"
	"errors"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/noise"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Options of a run.
type Options struct {
	Root     string // the directory of runs
	Plan     matrix.Plan
	Manifest store.Manifest // everything but targets, items, cells and exclusions, which come from Plan
	Specs    func(item string) ([]record.SpecPlan, error)
	Services func(item string) []Service
	Files    func(item string) map[string][]byte // what the user gives the item's suite, by name; may be nil
	Reads    func(item string) []string          // environment variables that the item's suite reads; may be nil
	Waits    func(item string) bool              // whether the item mostly waits, and so runs beside what computes; may be nil
	Slots    func(item string) int               // for disks that the item's specs ask virtual machines for; may be nil
	Builder  *build.Builder
	Keep     func(record.SpecPlan) bool // which specs; nil for all
	Repeat   bool                       // what does not measure runs in every round too, not only in the first
	Memory   uint64                     // bytes a payload may take
	Jobs     int                        // functional cells at a time
	Lock     string                     // this machine's lock file; "" for none
	Waiting  func(lock.Holder)          // told who has the machine when the run waits for it; may be nil
	Noise    noise.Limits               // of a round that measures
	Begun    func(m store.Manifest)     // called once the run is there and before payloads are built; may be nil
	Progress func(Step)                 // called from many goroutines, one at a time
}

// Service is a throw-away part that this machine runs for the payloads of an item.
type Service interface {
	Name() string
	Start(ctx context.Context, dir string) (env []string, stop func(), err error)
}

// Step is one verdict, as it comes.
type Step struct {
	Cell        store.Cell
	Spec        string
	Verdict     record.Verdict
	Labels      []string // the spec's
	Findings    []string // ids of what the spec reported
	Done, Total int
	CellDone    bool // the cell's last one
}

// New makes a run and carries it through. The run comes back also beside an error: it holds what was done.
func New(ctx context.Context, o Options) (*store.Run, error) {
	m, err := o.manifest()
	if err != nil {
		return nil, err
	}
	j, err := store.Create(o.Root, m)
	if err != nil {
		return nil, err
	}
	o.Manifest = m
	cells := make([]*cell, 0, len(m.Cells))
	for _, p := range m.Cells {
		cells = append(cells, newCell(p))
	}
	return o.finish(ctx, j, cells)
}

// Resume carries a run through that was interrupted: what has a verdict keeps it.
func Resume(ctx context.Context, dir string, o Options) (*store.Run, error) {
	j, was, err := store.Resume(dir)
	if err != nil {
		return nil, err
	}
	var cells []*cell
	for i, p := range was.Manifest.Cells {
		c := newCell(p)
		c.attempts = was.Cells[i].Attempts
		c.payload = was.Cells[i].Launch().Payload
		for _, s := range was.Cells[i].Specs {
			if s.Ended {
				c.ended[s.ID] = true
			}
		}
		cells = append(cells, c)
	}
	o.Manifest = was.Manifest
	return o.finish(ctx, j, cells)
}

// finish does what is left, seals the journal and reads it back.
func (o Options) finish(ctx context.Context, j *store.Journal, cells []*cell) (*store.Run, error) {
	if o.Begun != nil {
		o.Begun(o.Manifest)
	}
	d := &dispatcher{Options: o, journal: j, cells: cells, turns: newTurns()}
	err := d.dispatch(ctx)
	if err == nil && ctx.Err() == nil {
		err = j.Seal()
	}
	err = errors.Join(err, j.Close())
	run, errLoad := store.Load(j.Dir)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return run, errors.Join(err, errLoad)
}

// manifest is what the run will be, spec by spec.
func (o Options) manifest() (store.Manifest, error) {
	m := o.Manifest
	m.Items = o.Plan.Items
	for _, e := range o.Plan.Excluded {
		m.Excluded = append(m.Excluded, store.Excluded(e))
	}
	keys := map[string]string{}
	for _, c := range o.Plan.Cells {
		keys[c.Target.ID] = c.Key.String()
		specs, err := o.Specs(c.Item)
		if err != nil {
			return m, err
		}
		for round := 1; round <= c.Rounds; round++ {
			if kept := o.keep(specs, round); len(kept) > 0 {
				m.Cells = append(m.Cells, store.CellPlan{Target: c.Target.ID, Item: c.Item, Round: round,
					BuildKey: c.Key.String(), Specs: kept})
			}
		}
	}
	if len(m.Cells) == 0 && o.Repeat {
		return m, record.Wrongf("--spec", "no spec is selected: `xcmatrix exec --suite %s --list` shows their ids",
			"没有选中任何检查项：用 `xcmatrix exec --suite %s --list` 查看其编号", o.Plan.Items[0])
	}
	if len(m.Cells) == 0 {
		return m, record.Wrongf("--label", "no spec is selected: `xcmatrix plan` shows how many there are",
			"没有选中任何检查项：用 `xcmatrix plan` 查看数量")
	}
	for _, t := range o.Plan.Targets {
		m.Targets = append(m.Targets, store.Target{ID: t.ID, GOOS: t.GOOS, GOARCH: t.GOARCH, Chip: t.Chip,
			System: t.System, Launcher: t.Run, CPU: t.CPU, BuildKey: keys[t.ID], Guest: t.Guest})
	}
	return m, nil
}

// keep selects the specs of a round: all that are wanted in the first, those that measure in the others.
func (o Options) keep(specs []record.SpecPlan, round int) []record.SpecPlan {
	var kept []record.SpecPlan
	for _, s := range specs {
		if (round == 1 || o.Repeat || s.Measures()) && (o.Keep == nil || o.Keep(s)) {
			kept = append(kept, s)
		}
	}
	return kept
}

// ID makes a run's id from the time and the seed: it sorts by time, and two runs of one second differ.
func ID(now time.Time, seed uint64) string {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	suffix := make([]byte, 4)
	for i := range suffix {
		suffix[i], seed = letters[seed%36], seed/36
	}
	return now.UTC().Format("20060102-150405") + "-" + string(suffix)
}
