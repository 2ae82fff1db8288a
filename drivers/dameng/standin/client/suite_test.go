package client_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/client"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database"
)

const group = "dm (stand-in, not a server) / "

// verdicts runs the project's own specs against the stand-in, through a client with a defect or none. A process can
// do so once.
func verdicts(t *testing.T, defect client.Defect, selected func(id string) bool) map[string]record.SpecEnd {
	t.Helper()
	sql.Register("dm", client.Driver{Defect: defect})
	dameng.Link(func(err error) (int32, bool) {
		var told *client.Error
		if errors.As(err, &told) {
			return told.Code, true
		}
		return 0, false
	}, standin.Serve)
	t.Setenv(dameng.Dialect.Env(), dialect.StandIn)
	var events bytes.Buffer
	err := check.Exec(database.Suite, check.Options{Seed: 1, Launch: record.Launch{Provenance: record.Native},
		Events: record.NewWriter(&events), Selection: check.Selection{Match: func(p record.SpecPlan) bool { return p.StandIn() != "" && selected(p.ID) }}})
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string]record.SpecEnd{}
	for reader := record.NewReader(&events); ; {
		e, _, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return ends
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == record.KindSpecEnd {
			ends[e.Spec] = *e.End
		}
	}
}

// TestSuite has a client that does everything right: what fails then is the stand-in's fault.
func TestSuite(t *testing.T) {
	count := map[record.Verdict]int{}
	for id, end := range verdicts(t, "", func(string) bool { return true }) {
		count[end.Verdict]++
		if !strings.HasPrefix(id, group) {
			t.Errorf("%s does not say what answered", id)
		}
		if end.Verdict != record.Pass && end.Verdict != record.Skip {
			t.Errorf("%s: %s: %v", id, end.Verdict, end.Detail)
		}
	}
	if count[record.Pass] < 43 || count[record.Skip] < 10 {
		t.Errorf("verdicts: %v", count)
	}
}

// defects are specs that a client with the defect must not pass.
var defects = map[client.Defect]string{
	client.Truncates:      "a result cut between rows ends in an error",
	client.Retries:        "lost replies to a statement with arguments",
	client.IgnoresContext: "a deadline ends a running statement, on the server too",
	client.FillsMissing:   "too few and too many arguments are errors",
	client.WrongMonths:    "a +08:00 time into a column without zone, the first of every month",
	client.Rounds:         "DECIMAL(38,10) keeps all 38 digits of a string",
	client.Saturates:      "a float64 that no integer can hold is refused by BIGINT and INT",
}

// control is a spec that none of the defects touches.
const control = "int64 extremes and 2^53+1 come back equal"

const defectEnv = "STANDIN_TEST_DEFECT"

// TestDefectsAreSeen has, in processes of their own, clients that do one thing wrong each.
func TestDefectsAreSeen(t *testing.T) {
	if defect := client.Defect(os.Getenv(defectEnv)); defect != "" {
		ends := verdicts(t, defect, func(id string) bool { return id == group+defects[defect] || id == group+control })
		if err := json.NewEncoder(os.Stdout).Encode(ends); err != nil {
			t.Fatal(err)
		}
		return
	}
	for defect, spec := range defects {
		t.Run(string(defect), func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDefectsAreSeen$")
			cmd.Env = append(os.Environ(), defectEnv+"="+string(defect))
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var ends map[string]record.SpecEnd
			if err := json.NewDecoder(bytes.NewReader(out)).Decode(&ends); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if end := ends[group+spec]; end.Verdict != record.Fail {
				t.Errorf("%s: %s", spec, end.Verdict)
			}
			if end := ends[group+control]; end.Verdict != record.Pass {
				t.Errorf("%s: %s %v", control, end.Verdict, end.Detail)
			}
		})
	}
}
