package store

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Run is a run as its journal has it.
type Run struct {
	Dir      string
	Manifest Manifest
	Cells    []*CellRun // in the manifest's order
	Entries  int
	Head     string
	Seal     *Seal // nil if the run has not ended

	Fetched map[string]Position // by target, up to which the journals of other machines were fetched

	// For several runs joined into one (see package joint): the runs, and the origin of each target. Empty for one run.
	Parts   []*Run
	Origins map[string]Origin
}

// Origin is the run of a target, and the target's name in it.
type Origin struct {
	Run    *Run
	Target string
}

// Origin returns the run of a target, and the target's name in it.
func (r *Run) Origin(target string) Origin {
	if o, ok := r.Origins[target]; ok {
		return o
	}
	return Origin{r, target}
}

// Names returns the names of a target in its own run that globs match: its id and its GOARCH.
func (r *Run) Names(target string) []string {
	o := r.Origin(target)
	return o.Run.Manifest.Names(o.Target)
}

// CellRun is the result of one cell.
type CellRun struct {
	Target, Item string
	Round        int
	BuildKey     string
	Specs        []*Spec // all planned ones, in the plan's order
	Launches     []record.Launch
	Machine      *record.Machine   // the last fingerprint
	Machines     []*record.Machine // one for each process
	Samples      []Sample
	Observations []Observation
	Findings     []Finding
	Logs         []record.Log
	Noise        []record.Noise // one for each process with samples
	Attempts     int
}

// Spec is one planned spec and its verdict.
type Spec struct {
	record.SpecPlan
	record.SpecEnd
	Provenance record.Provenance
	Launcher   record.Launcher
	Attempt    int
	Class      string // class of its finding; set by triage
	Started    bool
	Ended      bool // false if it has no verdict in the journal; Verdict is then error
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

// Target returns the declaration of a target; false if there is none.
func (r *Run) Target(id string) (Target, bool) {
	for _, t := range r.Manifest.Targets {
		if t.ID == id {
			return t, true
		}
	}
	return Target{}, false
}

// Unfit returns the reason why the samples of the cell do not count: one of its processes had no quiet machine. It
// returns nil if they count.
func (c *CellRun) Unfit() *record.Sentence {
	for _, n := range c.Noise {
		if n.Unfit != nil {
			return n.Unfit
		}
	}
	return nil
}

// Launch returns how the cell's last payload was launched; the zero Launch if none was.
func (c *CellRun) Launch() record.Launch {
	if len(c.Launches) == 0 {
		return record.Launch{}
	}
	return c.Launches[len(c.Launches)-1]
}

// Provenance returns the weakest of the cell's launches; "" if there was none.
func (c *CellRun) Provenance() (p record.Provenance) {
	for _, l := range c.Launches {
		p = p.Weaker(l.Provenance)
	}
	return p
}

// StandIns returns the products that stand-ins replaced in some of its specs.
func (c *CellRun) StandIns() []string {
	var all []string
	for _, s := range c.Specs {
		if what := s.StandIn(); what != "" && !slices.Contains(all, what) {
			all = append(all, what)
		}
	}
	return all
}

// Count returns the number of specs with each verdict.
func (c *CellRun) Count() map[record.Verdict]int {
	count := map[record.Verdict]int{}
	for _, s := range c.Specs {
		count[s.Verdict]++
	}
	return count
}
