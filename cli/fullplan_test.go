package cli

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// What a run keeps of its suites is what a verifier with the same program counts, whatever servers and files either has.
func TestFullPlanIsCountedAgain(t *testing.T) {
	for _, name := range servers.Names() {
		t.Setenv(servers.Variable(name), "")
	}
	specs := map[string]int{}
	for name, told := range map[string]check.Variables{
		"nothing named": {},
		"named":         {servers.Variable("kingbase"): "host=example", servers.Variable("postgres"): "postgres://example"},
		"stand-in":      {servers.Variable("dm"): dialect.StandIn},
	} {
		kept, err := suites.FullPlans(nil, told)
		sel := selected(runOptions{}, matrix.Plan{}, told, nil)
		if err != nil || len(kept) < 9 {
			t.Fatal(kept, err)
		}
		t.Setenv(crypto.EnvVectors, "/no/such/folder") // the verifier's own are nothing to it
		t.Setenv(servers.Variable("opengauss"), "host=verifier")
		for _, k := range kept {
			if own, ok := suites.FullPlan(k.Item, *sel); !ok || own != k {
				t.Errorf("%s: %+v, counted again %+v", name, k, own)
			}
			if k.Item == "database" {
				specs[name] = k.Specs
			}
		}
		t.Setenv(servers.Variable("opengauss"), "")
		t.Setenv(crypto.EnvVectors, "")
	}
	if specs["named"] <= specs["nothing named"] || specs["stand-in"] <= specs["nothing named"] {
		t.Errorf("a server that is named adds specs: %v", specs)
	}
	if _, ok := suites.FullPlan("database", store.Selection{Servers: []store.Server{{Database: "oracle"}}}); ok {
		t.Error("a plan for a database that there is not")
	}
	if _, ok := suites.FullPlan("no-such-item", store.Selection{}); ok {
		t.Error("a plan of a suite that there is not")
	}
}
