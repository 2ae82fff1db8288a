package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Product is the module whose own tests a run has, as the go command and version control tell of it.
type Product struct {
	Module   string     `json:"module"`             // its path
	Version  string     `json:"version,omitempty"`  // that the go command stamps into its programs: "v1.2.0", "v1.2.0+dirty"; "" where there is no version control
	VCS      string     `json:"vcs,omitempty"`      // "git"
	Revision string     `json:"revision,omitempty"` // of the source
	Time     string     `json:"time,omitempty"`     // of the revision
	Modified bool       `json:"modified,omitempty"` // the source differs from the revision
	Go       string     `json:"go"`                 // version that compiled the tests
	Flags    []string   `json:"flags,omitempty"`    // by which tests were built and run: "-short", "-tags=…"
	Args     int        `json:"args,omitempty"`     // number of arguments that the test binaries were given; they may be secrets
	Tree     string     `json:"tree"`               // "sm3:…" of the files that tests were given
	Sums     string     `json:"sums,omitempty"`     // "sm3:…" of go.sum; "" where there is none
	Plans    []TestPlan `json:"plans"`

	Options   []string `json:"options,omitempty"`   // of the go command, from its environment: "-trimpath"
	Committed bool     `json:"committed,omitempty"` // every file that was built or given to tests is the revision's, by its content
	Differs   []string `json:"differs,omitempty"`   // the first files that are not
	Locals    []Local  `json:"locals,omitempty"`    // what is built of other directories of the machine
}

// Local is a directory, or a go.work, that a build takes in place of what go.mod requires.
type Local struct {
	Module    string `json:"module"`              // that it stands for; "go.work"
	Path      string `json:"path"`                // as go.mod or go.work says it
	Digest    string `json:"digest"`              // "sm3:…" of its files
	Committed bool   `json:"committed,omitempty"` // it lies in the module's repository
}

// Outside returns the first local replacement that is not in the module's repository; false where there is none.
func (p *Product) Outside() (Local, bool) {
	if i := slices.IndexFunc(p.Locals, func(l Local) bool { return !l.Committed }); i >= 0 {
		return p.Locals[i], true
	}
	return Local{}, false
}

// TestPlan is all that the module has for a target, whatever of it was selected.
type TestPlan struct {
	Target     string   `json:"target"`
	Packages   int      `json:"packages"`
	Tests      FullPlan `json:"tests"`
	Benchmarks FullPlan `json:"benchmarks"`
}

// TestPlanOf counts and digests the specs of a module, its benchmarks apart.
func TestPlanOf(target string, packages int, specs []record.SpecPlan) TestPlan {
	tests, benchmarks := apart(specs)
	return TestPlan{Target: target, Packages: packages, Tests: FullPlanOf(record.ItemTest, tests), Benchmarks: FullPlanOf(record.ItemTest, benchmarks)}
}

func apart(specs []record.SpecPlan) (tests, benchmarks []record.SpecPlan) {
	for _, s := range specs {
		if s.Measures() {
			benchmarks = append(benchmarks, s)
		} else {
			tests = append(tests, s)
		}
	}
	return tests, benchmarks
}

// Plan returns what there is for a target; false where the run does not keep it.
func (p *Product) Plan(target string) (TestPlan, bool) {
	if p == nil {
		return TestPlan{}, false
	}
	i := slices.IndexFunc(p.Plans, func(t TestPlan) bool { return t.Target == target })
	if i < 0 {
		return TestPlan{}, false
	}
	return p.Plans[i], true
}

// Short reports whether the tests ran in their short form.
func (p *Product) Short() bool { return p != nil && slices.Contains(p.Flags, "-short") }

// PlannedTests returns what of the module's tests was to run on a target, in whichever round.
func (m Manifest) PlannedTests(target string) TestPlan {
	var specs []record.SpecPlan
	seen := map[string]bool{}
	packages := 0
	for _, c := range m.Cells {
		if c.Target != target || c.Item != record.ItemTest {
			continue
		}
		for _, s := range c.Specs {
			if seen[s.ID] {
				continue
			}
			seen[s.ID] = true
			specs = append(specs, s)
			if IsPackage(s) {
				packages++
			}
		}
	}
	return TestPlanOf(target, packages, specs)
}

// IsPackage reports whether a spec is the one by which a package's build is judged: there is one of each package.
func IsPackage(s record.SpecPlan) bool {
	return slices.Contains(s.Labels, record.LabelBuild) && strings.HasSuffix(s.ID, "/build")
}

// check reports a version that is none, and a target that stands twice.
func (p *Product) check() error {
	if p == nil {
		return nil
	}
	if !IsVersion(p.Version) || !IsVersion(p.VCS) || !IsVersion(p.Revision) {
		return fmt.Errorf("%.100q, %.100q, %.100q are no version and revision of a module", p.Version, p.VCS, p.Revision)
	}
	if p.Committed && (p.Modified || p.Revision == "" || len(p.Differs) > 0) {
		return fmt.Errorf("the files of %.100q are and are not those of a commit", p.Module)
	}
	for i, t := range p.Plans {
		if slices.ContainsFunc(p.Plans[:i], func(o TestPlan) bool { return o.Target == t.Target }) {
			return fmt.Errorf("the tests of target %.100q are counted twice", t.Target)
		}
	}
	return nil
}
