package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database"
)

// linkDM has payloads built with the DM8 driver where it can be had and the plan has a use for it. Payloads learn by
// their environment, as with any server, what their specs are to talk to, and so does this process, which lists the
// same specs: the server that the user names, else the stand-in, else nothing and why. The error is a *record.Missing.
func linkDM(ctx context.Context, b *build.Builder, p *matrix.Plan) error {
	name := dameng.Dialect.Env()
	given := os.Getenv(name)
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
		os.Setenv(record.MissingEnv(dameng.Dialect.Name), string(raw))
	default:
		return err
	}
	os.Setenv(name, given)
	return err
}

// withDM is linkDM for what goes on without the driver.
func withDM(ctx context.Context, b *build.Builder, p *matrix.Plan) error {
	err := linkDM(ctx, b, p)
	var missing *record.Missing
	if errors.As(err, &missing) {
		return nil
	}
	return err
}

// sayWithoutDM says, beside a run's tables, why its payloads are without the driver.
func (a *app) sayWithoutDM(ctx context.Context, o run.Options) {
	var missing *record.Missing
	if !a.quiet && slices.Contains(o.Plan.Items, database.Suite.Item) && errors.As(o.Builder.CheckDM(ctx), &missing) {
		printf(a.err, "xcmatrix: %s\n", missing.In(a.lang))
	}
}

// foresee is linkDM for a plan alone, which shows it by the build keys and the number of specs.
func (a *app) foresee(ctx context.Context, p *matrix.Plan) error {
	b, err := build.Here()
	if err != nil {
		return err
	}
	return withDM(ctx, b, p)
}
