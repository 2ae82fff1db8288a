package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database"
)

func (a *app) doctorCommand() *cobra.Command {
	s := selection{rounds: 1}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: a.say("look for what the matrix needs here, and say how to get what is absent", "检查矩阵所需的条件，并说明如何补齐"),
		Long: a.say(`Starts what the suites use and stops it again. What is absent is miss in a run, not a failure; so the exit status is 0
either way.`,
			`启动套件所需的服务再停止。缺少的条件在运行中记为 miss，不算失败，因此退出码总是 0。`),
		Example: "  xcmatrix doctor\n  xcmatrix doctor --target '*' --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), s) },
	}
	s.cellFlags(a, cmd)
	return cmd
}

// finding of the doctor: something that is needed, and what is wrong with it, if anything.
type need struct {
	What   string `json:"what"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

func (a *app) doctor(ctx context.Context, s selection) error {
	_, plan, err := a.plan(s)
	if err != nil {
		return err
	}
	needs := []need{a.needSource()}
	for _, t := range plan.Targets {
		needs = append(needs, a.needLauncher(ctx, t))
	}
	if slices.Contains(plan.Items, database.Suite.Item) {
		needs = append(needs, a.needDM(ctx))
	}
	for _, item := range plan.Items {
		for _, service := range services(item) {
			needs = append(needs, a.needService(ctx, service))
		}
	}
	if a.json {
		return a.printJSON(needs)
	}
	for _, n := range needs {
		mark := "✓"
		if !n.OK {
			mark = "✗"
		}
		fmt.Fprintf(a.out, "%s %s", mark, n.What)
		if n.Detail != "" {
			fmt.Fprintf(a.out, ": %s", n.Detail)
		}
		fmt.Fprintln(a.out)
		if n.Remedy != "" {
			fmt.Fprintf(a.out, "    → %s\n", n.Remedy)
		}
	}
	return nil
}

// needed is a need that err, or nothing, was found wrong with.
func (a *app) needed(what string, err error) need {
	n := need{What: what, OK: err == nil}
	var missing *record.Missing
	switch {
	case errors.As(err, &missing):
		n.Detail, n.Remedy = missing.Reason.In(a.lang), missing.Remedy.In(a.lang)
	case err != nil:
		n.Detail = sentence(err, a.lang)
	}
	return n
}

func (a *app) needSource() need {
	what := a.say("payloads can be built here", "可以在本机构建载荷")
	b, err := build.Here()
	if err != nil {
		return a.needed(what, err)
	}
	if _, err := exec.LookPath("go"); err != nil || b.Source == "" {
		return a.needed(what, &record.Missing{
			Reason: record.Say("neither Go nor a checkout is here: only this machine's own architecture can be run", "没有 Go 或源码：只能运行本机架构"),
			Remedy: record.Say("run from a checkout, with Go 1.26 or newer in PATH", "请在源码目录中运行，并确保 PATH 中有 Go 1.26 或更新版本")})
	}
	return a.needed(what, nil)
}

func (a *app) needDM(ctx context.Context) need {
	what := a.say("payloads can have the DM8 driver", "载荷可以编入达梦 DM8 驱动")
	b, err := build.Here()
	if err == nil {
		err = b.DM(ctx)
	}
	return a.needed(what, err)
}

func (a *app) needLauncher(ctx context.Context, t matrix.Target) need {
	what := fmt.Sprintf(a.say("target %s (%s)", "目标 %s（%s）"), t.ID, t.Run)
	return a.needed(what, launchable(ctx, t))
}

// launchable looks for what the target's launcher needs here for any suite.
func launchable(ctx context.Context, t matrix.Target) error {
	target := launchTarget(t)
	target.Served = true
	l, err := launch.For(target)
	if err != nil {
		return err
	}
	return l.Ready(ctx, target)
}

// wrongKernels refuses kernels of a lab's own that no machine can boot, before anything has begun. One that is absent
// is a miss later on.
func wrongKernels(ctx context.Context, targets []matrix.Target) error {
	for _, t := range targets {
		if t.Run != "vm" || !strings.ContainsRune(t.Guest.Kernel, '/') && t.Guest.SHA256 == "" {
			continue
		}
		if err := launchable(ctx, t); errors.As(err, new(*record.Problem)) {
			return err
		}
	}
	return nil
}

// launchTarget is what a launcher has to know of a target.
func launchTarget(t matrix.Target) launch.Target {
	target := launch.Target{ID: t.ID, Key: t.Key(false), CPU: t.CPU, Name: t.Run}
	if t.Guest != nil {
		target.Guest = *t.Guest
	}
	return target
}

// needService starts the service and stops it again: nothing less shows that it works.
func (a *app) needService(ctx context.Context, s interface {
	Name() string
	Start(context.Context, string) ([]string, func(), error)
}) need {
	what := fmt.Sprintf(a.say("service %s", "服务 %s"), s.Name())
	dir, err := os.MkdirTemp("", "xcmatrix-doctor-")
	if err != nil {
		return a.needed(what, err)
	}
	defer os.RemoveAll(dir)
	_, stop, err := s.Start(ctx, dir)
	if err == nil {
		stop()
	}
	return a.needed(what, err)
}
