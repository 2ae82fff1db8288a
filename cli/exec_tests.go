package cli

import (
	"github.com/xcmatrix/xcmatrix/matrix/gotest/carrier"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// execTests runs the tests that this program's own file carries.
func (a *app) execTests(req record.Request, o execOptions) error {
	events, err := a.events(o)
	if err != nil {
		return err
	}
	return carrier.Serve(req, events, machine.Detect(), machine.Load)
}
