package crypto

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// envPayload makes this test's program a payload of the specs whose ids the expression matches: those that do not measure, after "bench:"
// those that do, after "failing:" those of failingSpeed.
const envPayload = "XCMATRIX_TEST_PAYLOAD"

func TestMain(m *testing.M) {
	if program := filepath.Base(os.Args[0]); program == "openssl" || program == "botan" {
		os.Exit(fakeProgram(os.Args[0], os.Args[1:]))
	}
	which, payload := os.LookupEnv(envPayload)
	if !payload {
		os.Exit(m.Run())
	}
	which, measures := strings.CutPrefix(which, "bench:")
	suite := Suite
	if rest, failing := strings.CutPrefix(which, "failing:"); failing {
		which, measures, suite.Specs = rest, true, failingSpeed
	}
	wanted := regexp.MustCompile(which)
	err := check.Exec(suite, check.Options{Events: record.NewWriter(os.Stdout), Seed: 1, Round: 1, Stretch: 1,
		Launch:    record.Launch{Provenance: record.Native},
		Selection: check.Selection{Match: func(p record.SpecPlan) bool { return p.Measures() == measures && wanted.MatchString(p.ID) }}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// told has the events of a payload.
type told struct {
	plan     map[string]record.SpecPlan
	ends     map[string]record.SpecEnd
	findings []record.Finding
}

// payload runs the specs whose ids match in a child process, with the given variables added to the environment.
func payload(t *testing.T, which string, env ...string) told {
	t.Helper()
	return payloadIn(t, t.TempDir(), which, env...)
}

// payloadIn returns payload with a working directory.
func payloadIn(t *testing.T, dir, which string, env ...string) told {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), envPayload+"="+which), env...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, complaint.Bytes())
	}
	all := told{plan: map[string]record.SpecPlan{}, ends: map[string]record.SpecEnd{}}
	reader := record.NewReader(&out)
	for {
		e, _, err := reader.Next()
		var garbage *record.LineError
		switch {
		case errors.Is(err, io.EOF):
			return all
		case errors.As(err, &garbage):
		case err != nil:
			t.Fatal(err)
		case e.Kind == record.KindPlan:
			for _, p := range e.Plan.Specs {
				all.plan[p.ID] = p
			}
		case e.Kind == record.KindSpecEnd:
			all.ends[e.Spec] = *e.End
		case e.Kind == record.KindFinding:
			all.findings = append(all.findings, *e.Finding)
		}
	}
}
