package cli

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Where the driver cannot be downloaded, payloads are built without it and read why, if the plan has the database suite.
func TestWithoutTheDM8Driver(t *testing.T) {
	const dsn = "dm://u:p@host:5236"
	for _, c := range []struct {
		items []string
		told  bool
	}{
		{[]string{"crypto", "database"}, true},
		{[]string{"crypto"}, false},
	} {
		t.Setenv(dameng.Dialect.Env(), dsn)
		vars := check.Variables{}
		plan := matrix.Plan{Items: c.items, Cells: make([]matrix.Cell, 1)}
		if err := linkDM(t.Context(), &build.Builder{}, &plan, vars); err != nil || plan.Cells[0].Key.DM {
			t.Errorf("%v: %v, %v", c.items, err, plan.Cells[0].Key)
		}
		if got := vars.Get(dameng.Dialect.Env()); got != dsn {
			t.Errorf("%v: payloads connect to %q", c.items, got)
		}
		if got := vars[record.MissingEnv("dm")]; strings.Contains(got, "DM8: not built in") != c.told {
			t.Errorf("%v: payloads read the reason %q", c.items, got)
		}
	}
}
