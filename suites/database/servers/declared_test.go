package servers_test

import (
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// Without the driver, payloads read why and do not look for the stand-in; a server that the user names stays named.
func TestSetDM(t *testing.T) {
	const dsn = "dm://u:p@host:5236"
	missing := &record.Missing{Reason: record.Say("DM8: not built in", "DM8：未内置"), Remedy: record.Say("download it", "请下载")}
	for _, c := range []struct {
		named   string
		missing *record.Missing
		want    string
	}{
		{"", missing, ""},
		{dialect.StandIn, missing, ""},
		{dsn, missing, dsn},
		{"", nil, dialect.StandIn},
		{dialect.StandIn, nil, dialect.StandIn},
		{dsn, nil, dsn},
	} {
		t.Setenv(dameng.Dialect.Env(), c.named)
		vars := check.Variables{}
		if err := servers.SetDM(vars, c.missing); err != nil {
			t.Fatal(err)
		}
		if got := vars.Get(dameng.Dialect.Env()); got != c.want {
			t.Errorf("%q, missing %v: payloads connect to %q, want %q", c.named, c.missing, got, c.want)
		}
		if reason := vars[record.MissingEnv("dm")]; strings.Contains(reason, "not built in") != (c.missing != nil) {
			t.Errorf("%q: payloads read the reason %q", c.named, reason)
		}
	}
}
