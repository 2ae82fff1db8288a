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
	Selection Selection
	Seed      uint64
	Round     int     // from 1; 0 under `go test`
	Stretch   float64 // how many times longer deadlines are than natively
	Launch    record.Launch
	Machine   record.Machine
	Load      func() record.Load // how busy the machine is; nil: not told
	ReportDir string             // where Ginkgo's own report.json and junit.xml go; "" for none
	Files     map[string][]byte  // what the user gives the suite
	Variables Variables          // read before the process's own environment
}

// Selection says which specs run: those with the ids; if there are none, those for which Match returns true; all if Match is
// nil. For Match, Ginkgo's tree has to be built twice, which takes seconds under an emulator with thousands of specs.
type Selection struct {
	IDs           []string
	WithoutLabels []string // labels that none of the specs with the ids has
	Match         func(record.SpecPlan) bool
}

// ExitRestart is the exit status of a payload one of whose specs has passed its deadline: the coordinator runs the other specs
// in a fresh process, where the hanging goroutine cannot disturb them.
const ExitRestart = 75

// Exec runs the suite in an ordinary binary and writes its events. It returns an error if the suite did not run to its end, or
// if an event could not be written; failing specs are no error.
func Exec(s Suite, o Options) error {
	gomega.RegisterFailHandler(ginkgo.Fail)
	// A tree of thousands of specs is built, and nearly all of it stays in use: garbage collections would free little.
	percent := debug.SetGCPercent(400)
	run.begin(o)
	if Native() {
		run.emptyHeap = heapInUse()
	}
	run.noReport = o.ReportDir == ""
	s.register()
	if s.Serial && !Native() {
		runtime.GOMAXPROCS(1) // an emulated processor that wakes another, thousands of times, takes a third longer
	}
	run.emit(record.Event{Kind: record.KindMachine, Machine: &o.Machine})
	if len(o.Selection.IDs) == 0 {
		plan, err := preview(s)
		if err != nil {
			return err
		}
		run.selectIDs(o.Selection.among(&plan))
		run.emit(record.Event{Kind: record.KindPlan, Plan: &plan})
	}
	suite, reporter := ginkgo.GinkgoConfiguration()
	suite.RandomSeed = int64(o.Seed >> 1)
	// Ginkgo leaves out specs that do not match before it sets anything up, ten times cheaper than a Skip; but matching takes
	// the longer, the longer the pattern is. The hook skips specs that match and are not selected.
	if len(run.selected) <= maxPattern {
		suite.FocusStrings = pattern(s.Item, run.selected)
	}
	if len(o.Selection.WithoutLabels) > 0 {
		suite.LabelFilter = "!" + strings.Join(o.Selection.WithoutLabels, " && !")
	}
	reporter.NoColor, reporter.Succinct = true, true
	if o.ReportDir != "" {
		reporter.JSONReport = filepath.Join(o.ReportDir, "report.json")
		reporter.JUnitReport = filepath.Join(o.ReportDir, "junit.xml")
	}
	hook(func() {
		debug.SetGCPercent(percent)
		// Ginkgo handles these signals and lets the specs clean up; a payload must end at once.
		signal.Reset(os.Interrupt, syscall.SIGTERM)
	})
	// The events have all results. A half-written line of Ginkgo's would hide the last messages of the Go runtime.
	formatter.ColorableStdOut = io.Discard
	ginkgo.RunSpecs(noTestingT{}, s.Item, suite, reporter)
	end := record.CellEnd{Specs: run.ended}
	if o.Load != nil {
		load := o.Load()
		end.Load = &load
	}
	run.emit(record.Event{Kind: record.KindCellEnd, CellEnd: &end})
	return run.err
}

// among returns the ids of the selected specs, and leaves only these in the plan.
func (a Selection) among(plan *record.Plan) []string {
	plan.Specs = slices.DeleteFunc(plan.Specs, func(p record.SpecPlan) bool { return a.Match != nil && !a.Match(p) })
	var ids []string
	for _, p := range plan.Specs {
		ids = append(ids, p.ID)
	}
	return ids
}

// maxPattern is how many specs Ginkgo is given as a pattern.
const maxPattern = 256

// pattern returns a pattern that matches the specs' texts as Ginkgo joins them: the suite's name twice, as description and as
// container, then the parts of the id with spaces between them.
func pattern(item string, ids map[string]bool) []string {
	texts := make([]string, 0, len(ids))
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		texts = append(texts, strings.ReplaceAll(regexp.QuoteMeta(id), " / ", "(?: / | )"))
	}
	return []string{"^" + item + " " + item + " (?:" + strings.Join(texts, "|") + ")$"}
}

// List returns the suite's plan without running a spec. v is read before the process's environment. Any number of suites may be
// listed in one process, before one of them runs. It returns an error if two specs have the same id, or if the user's files
// cannot be read.
func List(s Suite, v Variables) (record.Plan, error) {
	files, err := s.UserFiles(v)
	if err != nil {
		return record.Plan{}, err
	}
	defer globals.Reset()
	run.begin(Options{Files: files, Variables: v})
	s.register()
	return preview(s)
}

// preview returns the plan of the specs in Ginkgo's tree. It returns an error if two of them have the same id.
func preview(s Suite) (record.Plan, error) {
	plan := record.Plan{Item: s.Item}
	seen := map[string]string{}
	for _, r := range ginkgo.PreviewSpecs(s.Item).SpecReports {
		p := specPlan(r)
		if at, twice := seen[p.ID]; twice {
			return plan, fmt.Errorf("%s: spec %q is at %s already", r.LeafNodeLocation, p.ID, at)
		}
		seen[p.ID] = r.LeafNodeLocation.String()
		plan.Specs = append(plan.Specs, p)
	}
	return plan, nil
}

// noTestingT is the GinkgoTestingT of a payload: the events already say which specs failed.
type noTestingT struct{}

func (noTestingT) Fail() {}

// deadline returns the spec's deadline under this launcher.
func (o Options) deadline(p record.SpecPlan) time.Duration {
	return time.Duration(p.Deadline * max(o.Stretch, 1) * float64(time.Second))
}
