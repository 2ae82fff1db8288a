// Package run executes a plan: it builds the payloads, starts them, journals their events, and starts them again after a
// crash, until every planned spec has a verdict in the journal.
package run

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/noise"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Options are the plan of a run and everything that it needs to execute it.
type Options struct {
	Root     string // the directory of runs
	Plan     matrix.Plan
	Manifest store.Manifest                               // without targets, items, cells and exclusions, which come from Plan
	Specs    func(item string) ([]record.SpecPlan, error) // all specs of the item
	Served   func(item string) bool                       // whether the item's payloads connect to servers on this machine; may be nil
	Files    func(item string) map[string][]byte          // the user's files for the item's suite, by name; may be nil
	Reads    func(item string) []string                   // names of environment variables that the item's suite reads; may be nil
	Waits    func(item string) bool                       // whether the item mostly waits, so that it runs in parallel with items that compute; may be nil
	Slots    func(item string) int                        // number of disks that the item's specs plug into a virtual machine at a time; may be nil
	Tests    *gotest.Product                              // the user's own tests, of the item test; nil for none
	Builder  *build.Builder
	Keep     func(record.SpecPlan) bool                // selects specs; nil for all
	Repeat   bool                                      // specs that do not measure run in every round, not only in the first
	Memory   uint64                                    // bytes that a payload may use; 0 for no limit
	Jobs     int                                       // cells that run at a time, in each of the two groups of runFunctional
	Lock     string                                    // path of the machine lock; "" for none
	Waiting  func(lock.Holder)                         // called with the holder of the machine lock when the run has to wait; may be nil
	Noise    noise.Limits                              // above which a round that measures is marked as noisy
	Begun    func(m store.Manifest)                    // called once, after the run directory is created and before payloads are built; may be nil
	Notice   func(target string, what record.Sentence) // called with what happens to the connection to a target's machine; may be nil
	Machines map[string]remote.Machine                 // that run a target's cells by themselves, by the target's id
	Launcher *record.Launcher                          // recorded in place of a launcher's own description, on a machine that is reached by SSH; nil elsewhere
	Attempts []int                                     // of each cell before the run began, in the order of the manifest; nil for none
	Building func(key string, n, of int) func()        // called when the payload of a build key begins to be built, the n-th of several; what it returns is called at the end; may be nil
	Unlocked bool                                      // Lock is left out because the user said so: what is measured is not compared
	Progress func(Step)                                // called after each verdict, from several goroutines but never at the same time; may be nil

	// Confirm returns the virtual machines of an architecture that run what failed or skipped under its emulator again, the best
	// first; nil if nothing is to be confirmed.
	Confirm func(goarch string) []store.Target

	// Variables are values of environment variables, by name, that suites read before those of this process's environment: data
	// source names, with passwords. They are never put into an environment of this process.
	Variables map[string]string

	// StartServices starts the servers that payloads of items connect to, unless given names them. newDir makes an empty directory for a service, which
	// is removed at the end of the run. env returns the environment ("NAME=value") of an item's payloads: those of given, and
	// the addresses of servers. It may be nil.
	StartServices func(ctx context.Context, items []string, given map[string]string, newDir func(service string) (string, error)) (
		env func(item string) []string, stop func(), err error)

	fetched map[string]store.Position // up to which the journals of Machines are in the run's own already
}

// Step is the progress of a run at one verdict.
type Step struct {
	Cell        store.Cell
	Spec        string
	Verdict     record.Verdict
	Labels      []string // of the spec
	Findings    []string // ids of the findings that the spec reported
	Done, Total int
	CellDone    bool // it is the last verdict of the cell
}

// New creates a run directory and executes the plan. It returns the run together with an error if some specs have no verdict: the
// journal holds the verdicts so far, and Resume continues the run. The error is remote.ErrDetached if machines go on by themselves.
func New(ctx context.Context, o Options) (*store.Run, error) {
	m, err := o.manifest(ctx)
	if err != nil {
		return nil, err
	}
	j, err := store.Create(o.Root, m)
	if err != nil {
		return nil, err
	}
	return o.begin(ctx, j, m)
}

// Given returns New for a manifest that another program has made. o.Plan is not used.
func Given(ctx context.Context, m store.Manifest, o Options) (*store.Run, error) {
	j, err := store.Create(o.Root, m)
	if err != nil {
		return nil, err
	}
	return o.begin(ctx, j, m)
}

// begin runs all cells of a new run.
func (o Options) begin(ctx context.Context, j *store.Journal, m store.Manifest) (*store.Run, error) {
	o.Manifest = m
	cells := make([]*cell, 0, len(m.Cells))
	for i, p := range m.Cells {
		c := newCell(p)
		c.attempts = o.attemptsBefore(i)
		cells = append(cells, c)
	}
	return o.finish(ctx, j, cells)
}

// attemptsBefore returns how many attempts a cell had before the run began.
func (o Options) attemptsBefore(cell int) int {
	if cell < len(o.Attempts) {
		return o.Attempts[cell]
	}
	return 0
}

// Resume executes the rest of the run in dir, which was interrupted. Specs that have a verdict keep it. The plan is that of the
// run; o.Plan is not used.
func Resume(ctx context.Context, dir string, o Options) (*store.Run, error) {
	j, earlier, err := store.Resume(dir)
	if err != nil {
		return nil, err
	}
	var cells []*cell
	for i, p := range earlier.Manifest.Cells {
		c := newCell(p)
		c.attempts = max(earlier.Cells[i].Attempts, o.attemptsBefore(i))
		c.payload = earlier.Cells[i].Launch().Payload
		for _, s := range earlier.Cells[i].Specs {
			if s.Ended {
				c.ended[s.ID] = true
			}
		}
		cells = append(cells, c)
	}
	o.Manifest, o.fetched = earlier.Manifest, earlier.Fetched
	return o.finish(ctx, j, cells)
}

// finish runs the cells, seals the journal if all have ended, and reads the run back from its directory.
func (o Options) finish(ctx context.Context, j *store.Journal, cells []*cell) (*store.Run, error) {
	if o.Begun != nil {
		o.Begun(o.Manifest)
	}
	d := &dispatcher{Options: o, journal: j, cells: cells, queue: newVMQueue()}
	err := d.dispatch(ctx)
	switch {
	case err == nil && d.detached.Load():
		err = remote.ErrDetached
	case err == nil && ctx.Err() == nil:
		err = j.Seal()
	}
	err = errors.Join(err, j.Close())
	run, errLoad := store.Load(j.Dir)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return run, errors.Join(err, errLoad)
}

// manifest returns the manifest of the run, with every planned spec. It returns a *record.Problem if no spec is selected.
func (o Options) manifest(ctx context.Context) (store.Manifest, error) {
	m := o.Manifest
	m.Items = o.Plan.Items
	for _, e := range o.Plan.Excluded {
		m.Excluded = append(m.Excluded, store.Excluded(e))
	}
	keys, lists := map[string]build.Key{}, map[listed][]record.SpecPlan{} // to list a suite's specs takes longer than all else here
	for _, c := range o.Plan.Cells {
		keys[c.Target.ID] = c.Key
		what := listed{c.Item, c.Key.String()}
		specs, ok := lists[what]
		if !ok {
			var err error
			if specs, err = o.specsOf(ctx, c); err != nil {
				return m, err
			}
			lists[what] = specs
		}
		for round := 1; round <= c.Rounds; round++ {
			if kept := o.specsOfRound(specs, round); len(kept) > 0 {
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
		return m, record.Wrongf("--label", "no spec is selected; labels of these suites: %s; `xcmatrix plan` shows how many specs there are", "没有选中任何检查项；这些套件的标签：%s；用 `xcmatrix plan` 查看数量", labelsOf(lists))
	}
	for _, t := range o.Plan.Targets {
		m.Targets = append(m.Targets, t.Recorded(keys[t.ID]))
	}
	return m, o.describe(ctx, &m)
}

// listed is an item on a build key, whose specs are the same everywhere.
type listed struct{ item, key string }

// labelsOf returns the labels that specs have, each once, separated by commas, without those that have a value; "-" where they
// have none.
func labelsOf(lists map[listed][]record.SpecPlan) string {
	var labels []string
	for _, specs := range lists {
		for _, s := range specs {
			labels = append(labels, s.Labels...)
		}
	}
	labels = slices.DeleteFunc(labels, func(l string) bool { return strings.Contains(l, "=") })
	slices.Sort(labels)
	return cmp.Or(strings.Join(slices.Compact(labels), ", "), "-")
}

// describe says in a manifest what the user's own tests are of.
func (o Options) describe(ctx context.Context, m *store.Manifest) (err error) {
	keys := map[string]build.Key{}
	for _, c := range o.Plan.Cells {
		if o.isTests(c.Item) {
			keys[c.Target.ID] = c.Key
		}
	}
	if len(keys) > 0 {
		m.Product, err = o.Tests.Describe(ctx, keys)
	}
	return err
}

// specsOf returns all specs of a cell's item.
func (o Options) specsOf(ctx context.Context, c matrix.Cell) ([]record.SpecPlan, error) {
	if o.isTests(c.Item) {
		return o.Tests.Specs(ctx, c.Key)
	}
	return o.Specs(c.Item)
}

// isTests reports whether an item is the user's own tests.
func (o Options) isTests(item string) bool { return item == gotest.Item && o.Tests != nil }

// specsOfRound returns the selected specs of a round: all in the first round, and those that measure in the others.
func (o Options) specsOfRound(specs []record.SpecPlan, round int) []record.SpecPlan {
	var kept []record.SpecPlan
	for _, s := range specs {
		if (round == 1 || o.Repeat || s.Measures()) && (o.Keep == nil || o.Keep(s)) {
			kept = append(kept, s)
		}
	}
	return kept
}

// ID returns the id of a run from its time and seed. Ids sort by time, and two runs in the same second differ.
func ID(now time.Time, seed uint64) string {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	suffix := make([]byte, 4)
	for i := range suffix {
		suffix[i], seed = letters[seed%36], seed/36
	}
	return now.UTC().Format("20060102-150405") + "-" + string(suffix)
}

// NewSeed returns a random seed for a run. It fails if the system has no random numbers.
func NewSeed() (uint64, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b[:]) >> 1, nil // JSON readers elsewhere have signed numbers
}
