package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/matrix/supervisor"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites"
)

// remote is the hidden verb by which a coordinator has this program run cells on the machine that it was sent to: it serves
// the coordinator's connection, or supervises what runs.
func (a *app) remote(args []string, in io.Reader, out io.Writer) int {
	var err error
	switch {
	case len(args) == 1:
		err = supervisor.Serve(args[0], in, out, suites.WithoutServices)
	case len(args) == 2 && args[0] == supervisor.Mode:
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		err = supervisor.Supervise(ctx, args[1], in, os.NewFile(3, "told"), run.Options{Served: suites.HasServices, StartServices: suites.StartServices, Reads: suites.Reads, Waits: suites.Waits, Slots: suites.DiskSlots})
	default:
		err = record.Wrongf(supervisor.Command, "a coordinator calls it: use run with a target of run: ssh", "由协调者调用：请使用带有 run: ssh 目标的 run")
	}
	if err != nil {
		return a.fail(err)
	}
	return exitPass
}
