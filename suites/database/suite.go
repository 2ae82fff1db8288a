// Package database is the item database: what a Go program may rely on in a database driver, the same on every
// architecture, through database/sql and through the driver's own interface.
//
// Each case of the packages values, statements, transactions, connections and faults becomes a spec for each database. It
// has tables of its own, natively a pool of its own too, and a time limit of its own.
package database

import (
	"context"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/connections"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/faults"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
	"github.com/xcmatrix/xcmatrix/suites/database/statements"
	"github.com/xcmatrix/xcmatrix/suites/database/transactions"
	"github.com/xcmatrix/xcmatrix/suites/database/values"
)

// Suite is the item database.
var Suite = check.Suite{Item: "database", Specs: specs, Services: servers.Services(), Waits: true, Reads: reads()}

// reads returns the variables that the specs read: those that name servers or say why there is none, and those that name
// the user's own certificate authorities.
func reads() []string {
	names := []string{"SSL_CERT_FILE", "SSL_CERT_DIR"}
	for _, d := range servers.All() {
		names = append(names, d.Env(), record.MissingEnv(d.Name))
	}
	return names
}

func specs() {
	for _, d := range servers.Startable {
		check.Section(d.Name, func() { register(d) }, labels(d))
	}
	for _, d := range servers.Named {
		check.Section(servers.Group(d), func() {
			// If no server is named, one spec says so, not as many as there are cases. The coordinator tells all targets
			// of a run the same servers, so that they have the same plan.
			if servers.Source(d, check.Env()) == "" {
				It("a server is named", func() { servers.Reach(d) })
				return
			}
			register(d)
		}, labels(d))
	}
	check.Section(postgres.Dialect.Name, func() {
		pgxSpecs()
		pgxBenchmarks()
	}, labels(postgres.Dialect))
}

// register registers the specs of a dialect.
func register(d *dialect.Dialect) {
	It("the server says what it is", func() { identify(d) })
	registerCases(d, values.Cases)
	registerCases(d, logicCases(d), check.Logic())
	registerCases(d, connections.TLS)
	if !servers.HasStandIn(d) {
		registerBenchmarks(d) // the speed of a stand-in says nothing
	}
}

// allCases returns all cases for a dialect, in the order in which they run.
func allCases(d *dialect.Dialect) []dbtest.Case {
	return slices.Concat(values.Cases, logicCases(d), connections.TLS)
}

// logicCases returns the cases that depend on the driver's and the server's own logic, and not on the processor.
func logicCases(d *dialect.Dialect) []dbtest.Case {
	return slices.Concat(statements.Cases, connections.Login, transactions.Cases, connections.Pool, transactions.Anomalies,
		faults.Cases(d))
}

func registerCases(d *dialect.Dialect, cases []dbtest.Case, marks ...Labels) {
	for _, c := range cases {
		spec(d, c.Text, check.Finding(c.Finding(d.Library)), check.Within(c.TimeLimit()+10*time.Second), marks, func() { runCase(d, c) })
	}
}

// spec is It for a spec that is asked for. The others are left out of Ginkgo's tree, which each garbage collection has to
// scan.
func spec(d *dialect.Dialect, text string, args ...any) {
	if check.Selected(servers.Group(d) + " / " + text) {
		It(text, append(args, Offset(1))...)
	}
}

// labels returns the label that says whose server the specs of a dialect use, or that a stand-in answers.
func labels(d *dialect.Dialect) Labels {
	if servers.HasStandIn(d) {
		return Label(record.LabelStandIn + d.Title)
	}
	return Label(record.LabelServer + d.Name)
}

// identify records what the server says of itself. It may differ between targets, which may have different servers.
func identify(d *dialect.Dialect) {
	dsn, _ := servers.Reach(d)
	ctx, cancel := context.WithTimeout(context.Background(), dbtest.DefaultLimit)
	defer cancel()
	server, err := d.Server(ctx, servers.SharedPool(d, dsn))
	if err != nil {
		Fail(err.Error())
	}
	check.ObserveDiffers(servers.Group(d)+"/server", server, record.Say("each target may have its own server", "各目标可以使用各自的服务器"))
}
