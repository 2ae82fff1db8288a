package standin_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/dm/standin"
	"github.com/xcmatrix/xcmatrix/drivers/dm/standin/client"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database"
)

// TestSuite runs the project's own specs against the stand-in, through a client that does everything right: what
// fails then is the stand-in's fault.
func TestSuite(t *testing.T) {
	sql.Register("dm", client.Driver{})
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
		Events: record.NewWriter(&events), Selected: func(p record.SpecPlan) bool { return p.StandIn() != "" }})
	if err != nil {
		t.Fatal(err)
	}
	count := map[record.Verdict]int{}
	for reader := record.NewReader(&events); ; {
		e, _, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind != record.KindSpecEnd {
			continue
		}
		count[e.End.Verdict]++
		if !strings.HasPrefix(e.Spec, "dm (stand-in, not a server) / ") {
			t.Errorf("%s does not say what answered", e.Spec)
		}
		if v := e.End.Verdict; v != record.Pass && v != record.Skip {
			t.Errorf("%s: %s: %v", e.Spec, v, e.End.Detail)
		}
	}
	if count[record.Pass] < 35 || count[record.Skip] < 10 {
		t.Errorf("verdicts: %v", count)
	}
	t.Logf("verdicts: %v", count)
}
