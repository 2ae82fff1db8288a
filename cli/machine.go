package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// machineCommand returns the command for the machine lock, which gives one measurement the whole machine.
func (a *app) machineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "machine",
		Short:   a.say("reserve this machine, so that nothing runs on it, and see who has it", "预留本机使其不运行任何任务，并查看占用者"),
		Example: "  xcmatrix machine status\n  xcmatrix machine lock --for 2h --reason 'new memory'\n  xcmatrix machine unlock",
	}
	var d time.Duration
	var reason string
	reserve := &cobra.Command{
		Use:     "lock",
		Short:   a.say("reserve the machine; runs wait meanwhile", "预留本机，期间运行任务会等待"),
		Example: "  xcmatrix machine lock --for 2h --reason 'new memory'",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.reserve(cmd.Context(), d, reason) },
	}
	reserve.Flags().DurationVar(&d, "for", time.Hour, a.say("how long", "时长"))
	reserve.Flags().StringVar(&reason, "reason", "-", a.say("what for; others see it", "用途，其他人可见"))
	release := &cobra.Command{
		Use:     "unlock",
		Short:   a.say("end a reservation", "结束预留"),
		Example: "  xcmatrix machine unlock",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := lock.Release(lock.Path()); err != nil {
				return err
			}
			return a.lockStatus()
		},
	}
	status := &cobra.Command{
		Use:     "status",
		Short:   a.say("print who has the machine, and since when", "显示本机占用者及起始时间"),
		Example: "  xcmatrix machine status\n  xcmatrix machine status --json",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return a.lockStatus() },
	}
	cmd.AddCommand(reserve, release, status)
	return cmd
}

func (a *app) reserve(ctx context.Context, d time.Duration, reason string) error {
	if d <= 0 {
		return record.Wrongf("--for", "must be more than nothing", "必须大于零")
	}
	h, err := lock.Reserve(ctx, lock.Path(), reason, d)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(lockJSON{Holder: &h})
	}
	_, err = printf(a.out, "%s\n", h.In(a.lang))
	return err
}

// lockJSON is the output of machine status --json.
type lockJSON struct {
	Free   bool         `json:"free"`
	Holder *lock.Holder `json:"holder,omitempty"`
}

func (a *app) lockStatus() error {
	h, err := lock.Status(lock.Path())
	switch {
	case err != nil:
		return err
	case a.json:
		return a.printJSON(lockJSON{h == nil, h})
	case h == nil:
		_, err = printf(a.out, "%s\n", a.say("the machine is free", "机器空闲"))
	default:
		_, err = printf(a.out, "%s\n", h.In(a.lang))
	}
	return err
}

// waiting prints the holder of the machine lock for which a command waits that measures, and cannot do without the lock.
func (a *app) waiting(h lock.Holder) {
	if !a.quiet {
		printf(a.err, "xcmatrix: %s\n", fmt.Sprintf(a.say("waiting: %s", "等待中：%s"), h.In(a.lang)))
	}
}

// runWaiting prints the holder of the machine lock for which a run waits, and how the run goes on without the lock.
func (a *app) runWaiting(h lock.Holder) {
	if !a.quiet {
		printf(a.err, "xcmatrix: %s\n", fmt.Sprintf(a.say("waiting: %s; --no-lock goes on without waiting, and what is measured then is not compared",
			"等待中：%s；--no-lock 可不等待而继续，但此时测得的数据不参与比较"), h.In(a.lang)))
	}
}
