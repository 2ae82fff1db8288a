package check

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// BrokenFacts has for each spec of a suite, by id, the facts under which it must fail. Each Facts of a spec is tried alone.
type BrokenFacts map[string][]Facts

// Sound among the names of facts says that the spec must pass with them: what is broken in the others is what they change.
const Sound = "sound"

func (f Facts) sound() bool { _, is := f[Sound]; return is }

// ProveFailures proves that each spec of a suite can fail: it runs the spec's own code on broken facts, and reports each
// spec that passes, and each that the table does not have. Specs that measure are left out; observed are the ids of those
// that only record observations, and have to record one. Ginkgo runs once in a process, so all this is done in another,
// which runs the calling test alone.
//
// It logs how many specs, broken facts and distinct specs there are: two specs that fail under exactly the same broken facts
// are not distinct.
func ProveFailures(t *testing.T, s Suite, broken BrokenFacts, observed ...string) {
	t.Helper()
	const inner = "XCMATRIX_TEST_PROVE"
	if os.Getenv(inner) == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		c := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=10m")
		c.Env = append(os.Environ(), inner+"=1")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		for line := range strings.Lines(string(out)) {
			if _, count, is := strings.Cut(line, countMark); is {
				t.Log(strings.TrimSpace(count))
			}
		}
		return
	}
	plan, err := List(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := proof{t: t, item: s.Item, broken: broken, observed: observed, failed: map[string][]string{}}
	p.complete(plan)
	p.run(s)
	p.count()
}

// countMark begins the line with the number of specs.
const countMark = "counted: "

// A proof is one run of a suite's specs on broken facts.
type proof struct {
	t        *testing.T
	item     string
	broken   BrokenFacts
	observed []string
	trials   map[string]trial    // by name
	failed   map[string][]string // by spec: the trials that it failed in
}

// A trial is some broken facts, and the specs that are run on them.
type trial struct {
	facts Facts
	owner string          // the spec that must fail; "" for that of the observed
	specs map[string]bool // the owner and all others that have broken facts of the same names
}

// complete reports specs without broken facts, and broken facts without a spec.
func (p *proof) complete(plan record.Plan) {
	judged := map[string]bool{}
	for _, spec := range plan.Specs {
		seen := slices.Contains(p.observed, spec.ID)
		if spec.Measures() && len(p.broken[spec.ID]) == 0 {
			continue
		}
		judged[spec.ID] = true
		switch has := len(p.broken[spec.ID]) > 0; {
		case seen && has:
			p.t.Errorf("%s: it has broken facts, and is said to be an observation", spec.ID)
		case !seen && !has:
			p.t.Errorf("%s: no broken facts are listed under which it fails", spec.ID)
		}
	}
	for _, id := range append(slices.Collect(maps.Keys(p.broken)), p.observed...) {
		if !judged[id] {
			p.t.Errorf("%s: there is no such spec", id)
		}
	}
}

// plan makes a trial of each broken facts.
func (p *proof) plan() {
	p.trials = map[string]trial{}
	for owner, all := range p.broken {
		for i, facts := range all {
			specs := map[string]bool{owner: true}
			for other, rows := range p.broken {
				if slices.ContainsFunc(rows, func(f Facts) bool { return shareName(f, facts) }) {
					specs[other] = true
				}
			}
			p.trials[fmt.Sprintf("%s, %d", owner, i+1)] = trial{facts, owner, specs}
		}
	}
	if len(p.observed) > 0 {
		specs := map[string]bool{}
		for _, id := range p.observed {
			specs[id] = true
		}
		p.trials["observed"] = trial{specs: specs}
	}
}

func shareName(f, g Facts) bool {
	for name := range f {
		if _, has := g[name]; has && name != Sound {
			return true
		}
	}
	return false
}

// copies spreads the trials over as few copies of the suite's specs as a greedy walk finds: each is the trial of every spec in it, by
// the spec's id. A spec is in one trial of a copy at most.
func (p *proof) copies() (all []map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(p.trials)) {
		specs := p.trials[name].specs
		i := slices.IndexFunc(all, func(taken map[string]string) bool {
			for id := range specs {
				if taken[id] != "" {
					return false
				}
			}
			return true
		})
		if i < 0 {
			i, all = len(all), append(all, map[string]string{})
		}
		for id := range specs {
			all[i][id] = name
		}
	}
	return all
}

// run runs all trials in one tree of Ginkgo's, with the suite's specs once for each copy.
func (p *proof) run(s Suite) {
	p.plan()
	copies := map[string]map[string]string{}
	for i, copied := range p.copies() {
		copies[fmt.Sprintf("copy %d", i+1)] = copied
	}
	gomega.RegisterFailHandler(ginkgo.Fail)
	run.begin(Options{Seed: 1, Stretch: testStretch, Launch: record.Launch{Provenance: record.Native}})
	run.given = &givenFacts{}
	for _, name := range slices.Sorted(maps.Keys(copies)) {
		ginkgo.Describe(name, func() { // only the sections that the copy runs are built
			ids := slices.Collect(maps.Keys(copies[name]))
			run.selected, run.options.Selection.IDs = map[string]bool{}, ids
			for _, id := range ids {
				run.selected[id] = true
			}
			defer func() { run.selected, run.options.Selection.IDs = nil, nil }()
			s.Specs()
		})
	}
	ginkgo.BeforeEach(func() {
		r := ginkgo.CurrentSpecReport()
		plan := specPlan(r)
		name := copies[r.ContainerHierarchyTexts[0]][plan.ID]
		if name == "" {
			ginkgo.Skip("in no trial of this copy")
		}
		run.given.give(p.trials[name].facts)
		run.start(plan)
	})
	ginkgo.ReportAfterEach(func(r types.SpecReport) {
		id := specID(r)
		name := copies[r.ContainerHierarchyTexts[0]][id]
		if end, ran := run.end(id, r); ran {
			p.judge(name, id, r, end)
		}
	})
	suite, reporter := ginkgo.GinkgoConfiguration()
	reporter.NoColor, reporter.Succinct = true, true
	formatter.ColorableStdOut = io.Discard
	ginkgo.RunSpecs(noTestingT{}, s.Item, suite, reporter)
}

// judge takes the verdict of one spec in one trial.
func (p *proof) judge(name, id string, r types.SpecReport, end record.SpecEnd) {
	trial := p.trials[name]
	fails := r.State == types.SpecStateFailed && end.Verdict == record.Fail
	if trial.facts.sound() {
		if trial.owner == id && end.Verdict != record.Pass {
			p.t.Errorf("%s: %s with facts that are sound: %s", id, end.Verdict, r.Failure.Message)
		}
		return
	}
	switch {
	case r.State == types.SpecStatePanicked:
		p.t.Errorf("%s, in the trial %q: %s", id, name, r.Failure.ForwardedPanic)
	case trial.owner == "" && run.observations == 0 && end.Verdict == record.Pass:
		p.t.Errorf("%s: it records no observation", id)
	case fails:
		p.failed[id] = append(p.failed[id], name)
	case trial.owner == id:
		said := ""
		if end.Detail != nil {
			said = ": " + end.Detail.En
		}
		p.t.Errorf("%s: %s%s, with %v", id, end.Verdict, said, trial.facts)
	}
	if untaken := run.given.untaken(); trial.owner == id && len(untaken) > 0 && !fails {
		p.t.Errorf("%s: it does not ask for %q", id, untaken)
	}
}

// count logs how many specs there are, and how many are distinct.
func (p *proof) count() {
	same := map[string][]string{}
	for id, names := range p.failed {
		slices.Sort(names)
		key := strings.Join(names, "\n")
		same[key] = append(same[key], id)
	}
	rows := 0
	for _, all := range p.broken {
		for _, facts := range all {
			if !facts.sound() {
				rows++
			}
		}
	}
	p.t.Logf("%s%s: %d specs judge, %d observe; %d broken facts, %d distinct specs", countMark, p.item, len(p.broken), len(p.observed), rows, len(same))
	for _, ids := range same {
		if len(ids) > 1 {
			slices.Sort(ids)
			p.t.Logf("%s%s: these fail under the same broken facts: %q", countMark, p.item, ids)
		}
	}
}
