package check

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Test runs the suite under `go test` and the ginkgo command, while it is being developed. It starts the suite's services
// itself; specs whose service is absent are skipped with the remedy. A spec that fails only with findings that are waived
// does not fail the test.
func Test(t *testing.T, s Suite, waived ...func(record.Finding) bool) {
	var events bytes.Buffer
	gomega.RegisterFailHandler(ginkgo.Fail)
	files, err := s.UserFiles(nil)
	if err != nil {
		t.Fatal(err)
	}
	optional := map[string]bool{}
	run.begin(Options{Seed: 1, Stretch: testStretch, Files: files, Variables: startServices(t, s), Launch: record.Launch{Provenance: record.Native}, Events: record.NewWriter(&events),
		Selection: Selection{Match: func(p record.SpecPlan) bool {
			optional[p.ID] = p.Optional()
			return !p.Deep() && (!p.Measures() || os.Getenv("XCMATRIX_BENCH") != "")
		}}})
	s.register()
	hook(func() {})
	passed := ginkgo.RunSpecs(noTestingT{}, s.Item)
	for id, why := range misses(events.Bytes()) {
		if !optional[id] {
			needs.Partly(t, needs.Conditions, id+": "+why)
		}
	}
	known, unknown := failures(&events, waived)
	for _, id := range known {
		t.Logf("known to fail: %s", id)
	}
	if !passed && (unknown || len(known) == 0) {
		t.Fail()
	}
}

// testStretch is how many times longer deadlines are under `go test`, where the race detector or the tests of other packages
// make the specs slower.
const testStretch = 5

// failures reads a run's events: the specs that fail with findings that are all waived, and whether others fail.
func failures(events io.Reader, waived []func(record.Finding) bool) (known []string, unknown bool) {
	excused := map[string]bool{}
	reader := record.NewReader(events)
	for {
		e, _, err := reader.Next()
		if err != nil {
			return known, unknown || !errors.Is(err, io.EOF)
		}
		switch {
		case e.Kind == record.KindFinding:
			before, reported := excused[e.Spec]
			excused[e.Spec] = (before || !reported) && slices.ContainsFunc(waived, func(w func(record.Finding) bool) bool { return w(*e.Finding) })
		case e.Kind != record.KindSpecEnd || !e.End.Verdict.Worse(record.Miss):
		case excused[e.Spec]:
			known = append(known, e.Spec)
		default:
			unknown = true
		}
	}
}

// misses returns the specs that ended as a miss, by id, with the reasons.
func misses(events []byte) map[string]string {
	all := map[string]string{}
	for reader := record.NewReader(bytes.NewReader(events)); ; {
		e, _, err := reader.Next()
		if err != nil {
			return all
		}
		if e.Kind == record.KindSpecEnd && e.End.Verdict == record.Miss {
			all[e.Spec] = e.End.Detail.En
		}
	}
}

// startServices starts what the suite talks to. A service that is absent skips its specs, see package needs; one that is
// there and does not start fails the test.
func startServices(t *testing.T, s Suite) Variables {
	started, err := StartServices(t.Context(), s.Services, nil, func(string) (string, error) { return t.TempDir(), nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(started.Stop)
	for name, err := range started.Failed {
		t.Errorf("%s: %v", name, err)
	}
	for name, missing := range started.Missing {
		if started.Failed[name] == nil {
			needs.Partly(t, needs.Server(name), name+": "+missing.Error())
		}
	}
	return started.Variables(s.Services)
}
