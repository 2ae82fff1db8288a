package check

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/extensions/globals"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Options of one run of a suite in this process.
type Options struct {
	Events    *record.Writer // nil: events are dropped, as under `go test`
	Asked     Asked
	Seed      uint64
	Round     int     // from 1; 0 under `go test`
	Stretch   float64 // how many times longer deadlines are than natively
	Launch    record.Launch
	Machine   record.Machine
	Load      func() record.Load // how busy the machine is; nil: not told
	ReportDir string             // where Ginkgo's own report.json and junit.xml go; "" for none
	Files     map[string][]byte  // what the user gives the suite
}

// Asked says which specs are asked for: by id, or those of which Selected is true; all if it is nil. For Selected Ginkgo's
// tree has to be built twice, once to look at: seconds where an emulator runs thousands of specs.
type Asked struct {
	Specs    []string
	Without  []string // labels that none of Specs has
	Selected func(record.SpecPlan) bool
}

// ExitRestart is the exit status of a payload that gave up on a hung spec: the rest belongs in a fresh process, where
// what still hangs can disturb nothing.
const ExitRestart = 75

// Exec runs the suite in an ordinary binary and writes its events. It reports whether the suite ran to its end.
func Exec(s Suite, o Options) error {
	gomega.RegisterFailHandler(ginkgo.Fail)
	// A tree of thousands of specs grows, and nearly all of it is kept: collecting meanwhile is mostly in vain.
	percent := debug.SetGCPercent(400)
	run.begin(o)
	if Native() {
		run.bare = held()
	}
	run.unread = o.ReportDir == ""
	s.register()
	if s.Serial && !Native() {
		runtime.GOMAXPROCS(1) // an emulated processor that wakes another, thousands of times, takes a third longer
	}
	run.emit(record.Event{Kind: record.KindMachine, Machine: &o.Machine})
	if len(o.Asked.Specs) == 0 {
		plan, err := preview(s)
		if err != nil {
			return err
		}
		run.ask(o.Asked.among(&plan))
		run.emit(record.Event{Kind: record.KindPlan, Plan: &plan})
	}
	suite, reporter := ginkgo.GinkgoConfiguration()
	suite.RandomSeed = int64(o.Seed >> 1)
	// Ginkgo leaves out what does not match before it sets anything up, ten times cheaper than a Skip; but it takes as long
	// as the pattern. What the pattern lets through too many, the hook stops.
	if len(run.asked) <= maxPattern {
		suite.FocusStrings = pattern(s.Item, run.asked)
	}
	if len(o.Asked.Without) > 0 {
		suite.LabelFilter = "!" + strings.Join(o.Asked.Without, " && !")
	}
	reporter.NoColor, reporter.Succinct = true, true
	if o.ReportDir != "" {
		reporter.JSONReport = filepath.Join(o.ReportDir, "report.json")
		reporter.JUnitReport = filepath.Join(o.ReportDir, "junit.xml")
	}
	hook(func() {
		debug.SetGCPercent(percent)
		// Ginkgo takes these signals to interrupt what runs, in its own time; a payload is ended by them.
		signal.Reset(os.Interrupt, syscall.SIGTERM)
	})
	// The events tell it all; a half-written line of Ginkgo's would swallow the Go runtime's last words.
	formatter.ColorableStdOut = io.Discard
	ginkgo.RunSpecs(verdictsTell{}, s.Item, suite, reporter)
	end := record.CellEnd{Specs: run.ended}
	if o.Load != nil {
		load := o.Load()
		end.Load = &load
	}
	run.emit(record.Event{Kind: record.KindCellEnd, CellEnd: &end})
	return run.err
}

// among names what is asked for, and leaves only that in the plan.
func (a Asked) among(plan *record.Plan) []string {
	plan.Specs = slices.DeleteFunc(plan.Specs, func(p record.SpecPlan) bool { return a.Selected != nil && !a.Selected(p) })
	var ids []string
	for _, p := range plan.Specs {
		ids = append(ids, p.ID)
	}
	return ids
}

// maxPattern is how many specs Ginkgo is given as a pattern.
const maxPattern = 256

// pattern matches the specs' texts as Ginkgo puts them together: the suite's name twice, as description and container,
// and what an id joins by " / " joined by a space.
func pattern(item string, ids map[string]bool) []string {
	texts := make([]string, 0, len(ids))
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		texts = append(texts, strings.ReplaceAll(regexp.QuoteMeta(id), " / ", "(?: / | )"))
	}
	return []string{"^" + item + " " + item + " (?:" + strings.Join(texts, "|") + ")$"}
}

// List returns the suite's plan without running anything. Any number of suites may be listed in one process, before
// one of them runs.
func List(s Suite) (record.Plan, error) {
	files, err := s.Given()
	if err != nil {
		return record.Plan{}, err
	}
	defer globals.Reset()
	run.begin(Options{Files: files})
	s.register()
	return preview(s)
}

// preview is the plan as Ginkgo's tree gives it. Two specs with one id could not be told apart: refused.
func preview(s Suite) (record.Plan, error) {
	plan := record.Plan{Item: s.Item}
	seen := map[string]string{}
	for _, r := range ginkgo.PreviewSpecs(s.Item).SpecReports {
		p := specPlan(r)
		if at, twice := seen[p.ID]; twice {
			return plan, fmt.Errorf("%s: spec %q stands at %s already", r.LeafNodeLocation, p.ID, at)
		}
		seen[p.ID] = r.LeafNodeLocation.String()
		plan.Specs = append(plan.Specs, p)
	}
	return plan, nil
}

// verdictsTell is the GinkgoTestingT of a payload: the events have said already which specs failed.
type verdictsTell struct{}

func (verdictsTell) Fail() {}

// stretched is the spec's deadline under this launcher.
func (o Options) stretched(p record.SpecPlan) time.Duration {
	return time.Duration(p.Deadline * max(o.Stretch, 1) * float64(time.Second))
}
