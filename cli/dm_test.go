package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Where the driver cannot be had, payloads are told why, and what was to be the stand-in's is not; a server that the
// user names stays named.
func TestWithoutTheDM8Driver(t *testing.T) {
	const dsn = "dm://u:p@host:5236"
	for _, c := range []struct {
		items       []string
		given, want string
		told        bool
	}{
		{[]string{"crypto", "database"}, "", "", true},
		{[]string{"database"}, dialect.StandIn, "", true},
		{[]string{"database"}, dsn, dsn, true},
		{[]string{"crypto"}, dsn, dsn, false},
	} {
		t.Setenv(dameng.Dialect.Env(), c.given)
		servers := check.Variables{}
		plan := matrix.Plan{Items: c.items, Cells: make([]matrix.Cell, 1)}
		err := linkDM(t.Context(), &build.Builder{}, &plan, servers)
		var missing *record.Missing
		if errors.As(err, &missing) != c.told || plan.Cells[0].Key.DM {
			t.Errorf("%v: %v, %v", c.items, err, plan.Cells[0].Key)
		}
		if got := servers.Get(dameng.Dialect.Env()); got != c.want {
			t.Errorf("%v with %q: payloads are told %q", c.items, c.given, got)
		}
		if got := servers[record.MissingEnv("dm")]; strings.Contains(got, "DM8: not built in") != c.told {
			t.Errorf("%v: payloads are told %q", c.items, got)
		}
	}
}
