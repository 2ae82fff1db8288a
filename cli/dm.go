package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// linkDM makes the plan's payloads be built with the DM8 driver if the plan has the database suite and the driver can be
// downloaded, and sets in vars which DM8 server they connect to.
func linkDM(ctx context.Context, b *build.Builder, p *matrix.Plan, vars check.Variables) error {
	if !slices.Contains(p.Items, database.Suite.Item) {
		return nil
	}
	missing, err := p.LinkDM(ctx, b)
	if err != nil {
		return err
	}
	return servers.SetDM(vars, missing)
}

// printWithoutDM prints why the payloads of a run are built without the DM8 driver.
func (a *app) printWithoutDM(ctx context.Context, o run.Options) {
	var missing *record.Missing
	if !a.quiet && slices.Contains(o.Plan.Items, database.Suite.Item) && errors.As(o.Builder.CheckDM(ctx), &missing) {
		printf(a.err, "xcmatrix: %s\n", missing.In(a.lang))
	}
}
