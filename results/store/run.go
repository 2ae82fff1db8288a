package store

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Run is a run as its journal tells it.
type Run struct {
	Dir      string
	Manifest Manifest
	Cells    []*CellRun // in the manifest's order
	Entries  int
	Head     string
	Seal     *Seal // nil while the run goes on, and after it was killed

	Fetched map[string]Position // up to which the journals of other machines were fetched, by target

	// Of several runs read as one (see package joint): the runs, and whence each target is. Empty for one run.
	Parts   []*Run
	Origins map[string]Origin
}

// Origin is the run that a target is of, and what the target is called there.
type Origin struct {
	Run    *Run
	Target string
}

// Origin is the run that a target is of, and what it is called there.
func (r *Run) Origin(target string) Origin {
	if o, ok := r.Origins[target]; ok {
		return o
	}
	return Origin{r, target}
}

// Names are what a target is known by, in its own run: its id and its GOARCH.
func (r *Run) Names(target string) []string {
	o := r.Origin(target)
	return o.Run.Manifest.Names(o.Target)
}

// CellRun is what came of one cell.
type CellRun struct {
	Target, Item string
	Round        int
	BuildKey     string
	Specs        []*Spec // every planned one, in the plan's order
	Launches     []record.Launch
	Machine      *record.Machine   // the last fingerprint
	Machines     []*record.Machine // all of them: one for each process
	Samples      []Sample
	Observations []Observation
	Findings     []Finding
	Logs         []record.Log
	Noise        []record.Noise // one for each process that measured
	Attempts     int
}

// Spec is one planned spec and its verdict.
type Spec struct {
	record.SpecPlan
	record.SpecEnd
	Provenance record.Provenance
	Launcher   record.Launcher
	Attempt    int
	Class      string // of what is wrong with it; given by triage
	Started    bool
	Ended      bool // false: no verdict has come yet, and Verdict is error
}

// Sample is a measured value and the spec that measured it.
type Sample struct {
	Spec    string
	Attempt int // the process it came from; only what the spec's last one said counts
	record.Sample
}

// Observation is a raw value and the spec that saw it.
type Observation struct {
	Spec    string
	Attempt int // the process it came from; only what the spec's last one said counts
	record.Observation
}

// Finding is a defect and the spec that found it.
type Finding struct {
	Spec    string
	Attempt int // the process it came from; only what the spec's last one said counts
	record.Finding
}

// Target returns a target's declaration.
func (r *Run) Target(id string) (Target, bool) {
	for _, t := range r.Manifest.Targets {
		if t.ID == id {
			return t, true
		}
	}
	return Target{}, false
}

// Unfit says why what the cell measured does not count, nil if it does: one of its processes had no quiet machine.
func (c *CellRun) Unfit() *record.Sentence {
	for _, n := range c.Noise {
		if n.Unfit != nil {
			return n.Unfit
		}
	}
	return nil
}

// Launch is how the cell's last payload was started; the zero Launch when none was.
func (c *CellRun) Launch() record.Launch {
	if len(c.Launches) == 0 {
		return record.Launch{}
	}
	return c.Launches[len(c.Launches)-1]
}

// Provenance is the weakest of the cell's launches, "" where there was none: a result that was made in two ways is told as
// the one that says less.
func (c *CellRun) Provenance() (p record.Provenance) {
	for _, l := range c.Launches {
		p = p.Weaker(l.Provenance)
	}
	return p
}

// StandIns are what some of its specs have a stand-in for instead of a server.
func (c *CellRun) StandIns() []string {
	var all []string
	for _, s := range c.Specs {
		if what := s.StandIn(); what != "" && !slices.Contains(all, what) {
			all = append(all, what)
		}
	}
	return all
}

// Count tells how many specs have each verdict.
func (c *CellRun) Count() map[record.Verdict]int {
	count := map[record.Verdict]int{}
	for _, s := range c.Specs {
		count[s.Verdict]++
	}
	return count
}
