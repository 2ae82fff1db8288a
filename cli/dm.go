package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database"
)

// linkDM makes the plan's payloads be built with the DM8 driver, if the driver can be downloaded and the plan needs it. It
// sets in servers what the specs of payloads connect to, as with any server: the server that the user names, else the
// stand-in, else nothing and the reason. The error is a *record.Missing.
func linkDM(ctx context.Context, b *build.Builder, p *matrix.Plan, servers check.Variables) error {
	name := dameng.Dialect.Env()
	given := servers.Get(name)
	if given == dialect.StandIn {
		given = ""
	}
	if !slices.Contains(p.Items, database.Suite.Item) {
		return nil
	}
	err := b.CheckDM(ctx)
	var missing *record.Missing
	switch {
	case err == nil:
		for i := range p.Cells {
			p.Cells[i].Key.DM = true
		}
		if given == "" {
			given = dialect.StandIn
		}
	case errors.As(err, &missing):
		raw, errJSON := json.Marshal(missing)
		if errJSON != nil {
			return errJSON
		}
		servers[record.MissingEnv(dameng.Dialect.Name)] = string(raw)
	default:
		return err
	}
	servers[name] = given
	return err
}

// withDM does what linkDM does, but for callers that go on without the driver: an absent driver is no error.
func withDM(ctx context.Context, b *build.Builder, p *matrix.Plan, servers check.Variables) error {
	err := linkDM(ctx, b, p, servers)
	var missing *record.Missing
	if errors.As(err, &missing) {
		return nil
	}
	return err
}

// sayWithoutDM prints why the payloads of a run are built without the DM8 driver.
func (a *app) sayWithoutDM(ctx context.Context, o run.Options) {
	var missing *record.Missing
	if !a.quiet && slices.Contains(o.Plan.Items, database.Suite.Item) && errors.As(o.Builder.CheckDM(ctx), &missing) {
		printf(a.err, "xcmatrix: %s\n", missing.In(a.lang))
	}
}

// planDM does what withDM does, for the command plan, which prints build keys and numbers of specs.
func (a *app) planDM(ctx context.Context, p *matrix.Plan, servers check.Variables) error {
	b, err := build.Here()
	if err != nil {
		return err
	}
	return withDM(ctx, b, p, servers)
}
