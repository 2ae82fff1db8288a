package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/diagnosis"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/suites"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database"
	"github.com/xcmatrix/xcmatrix/suites/toolchain"
)

func (a *app) doctorCommand() *cobra.Command {
	var o doctorOptions
	o.rounds = 1
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: a.say("look for what the matrix needs here, and say how to get what is absent", "检查矩阵所需的条件，并说明如何补齐"),
		Long: a.say(`Tries what a run would do: loads what payloads are built from, asks each launcher, starts what the suites use and stops
it again. It prints one line where all is well, else one for each thing that is not, with its remedy. What is absent is
miss in a run, not a failure; so the exit status is 0 either way.`,
			`试做一次运行会做的事：加载构建测试程序所需的内容，检查各运行方式，启动套件所需的服务再停止。
一切正常时只输出一行，否则每个问题一行并附补救办法。缺少的条件在运行中记为 miss，不算失败，因此退出码总是 0。`),
		Example: "  xcmatrix doctor\n  xcmatrix doctor --verbose --network\n  xcmatrix doctor --target '*' --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), o) },
	}
	o.cellFlags(a, cmd)
	cmd.Flags().BoolVar(&o.verbose, "verbose", false, a.say("print every check, not only those that fail", "列出每一项检查，而不只是未通过的"))
	cmd.Flags().BoolVar(&o.network, "network", false, a.say("use the network also where nothing has to be downloaded", "即使无需下载也检查网络"))
	cmd.Flags().BoolVar(&o.fix, "fix", false, a.say("mend what is safe to mend and can be undone, and say how to undo it", "修复可安全修复且可撤销的问题，并说明如何撤销"))
	cmd.Flags().StringVar(&o.dockerfile, "dockerfile", "", a.say("look at this Dockerfile of a Go program too", "同时检查此 Go 程序的 Dockerfile"))
	cmd.Flags().StringVar(&o.archive.Path, "archive", "", a.say("hold this archive of Go against --sha256, or --key and --signature", "将此 Go 压缩包与 --sha256 或 --key、--signature 核对"))
	cmd.Flags().StringVar(&o.archive.SHA256, "sha256", "", a.say("the digest that the archive has", "压缩包的摘要"))
	cmd.Flags().StringVar(&o.archive.Key, "key", "", a.say("file of the public key that the archive is signed with", "压缩包签名所用公钥的文件"))
	cmd.Flags().StringVar(&o.archive.Signature, "signature", "", a.say("file of the archive's detached signature", "压缩包的分离签名文件"))
	return cmd
}

type doctorOptions struct {
	selection
	verbose, network, fix bool

	dockerfile string
	archive    diagnosis.Archive
	own        []diagnosis.Check // of these files
}

// need is one condition of a run, and whether it is met.
type need struct {
	What     string `json:"what"`
	OK       bool   `json:"ok"`
	Optional bool   `json:"optional,omitempty"` // without it some specs are miss, and nothing else
	Detail   string `json:"detail,omitempty"`
	Remedy   string `json:"remedy,omitempty"`
	Check    string `json:"check,omitempty"`    // name of a check of Go
	Evidence string `json:"evidence,omitempty"` // what shows it
	Fixed    string `json:"fixed,omitempty"`    // what --fix did, and how to undo it
}

func (a *app) doctor(ctx context.Context, o doctorOptions) error {
	if err := o.readFiles(); err != nil {
		return err
	}
	_, plan, servers, err := a.plan(o.selection)
	if err != nil {
		return err
	}
	b, err := build.Here()
	if err != nil {
		return err
	}
	needs := a.needs(ctx, b, plan, servers, o)
	if a.json {
		return a.printJSON(needs)
	}
	a.printNeeds(needs, o.verbose)
	return nil
}

// needs checks the conditions of a plan's run. Independent checks run at the same time.
func (a *app) needs(ctx context.Context, b *build.Builder, plan matrix.Plan, servers check.Variables, o doctorOptions) []need {
	var parts []func() []need
	one := func(f func() need) { parts = append(parts, func() []need { return []need{f()} }) }
	parts = append(parts, func() []need { return a.needPayloads(ctx, b, plan, o.network) })
	if b.Source != "" || slices.Contains(plan.Items, toolchain.Suite.Item) || len(o.own) > 0 {
		parts = append(parts, func() []need { return a.needGo(ctx, b, o) })
	}
	if slices.Contains(plan.Items, database.Suite.Item) {
		one(func() need { return a.needDM(ctx, b, o.network) })
		parts = append(parts, func() []need { return a.needServers(servers) })
	}
	parts = append(parts, func() []need { return a.needServices(ctx, plan.Items, servers) })
	found := make([][]need, len(parts))
	var all sync.WaitGroup
	for i, part := range parts {
		all.Go(func() { found[i] = part() })
	}
	all.Wait()
	return slices.Concat(found...)
}

// needPayloads checks the launcher of each target, and the build of the payloads of those that can be launched.
func (a *app) needPayloads(ctx context.Context, b *build.Builder, plan matrix.Plan, network bool) []need {
	var needs []need
	var keys []build.Key
	for _, t := range plan.Targets {
		n := a.needLauncher(ctx, t)
		needs = append(needs, n)
		for _, c := range plan.Cells {
			if n.OK && c.Target.ID == t.ID && !slices.Contains(keys, c.Key) {
				keys = append(keys, c.Key)
			}
		}
	}
	for _, c := range b.Probe(ctx, keys, network) {
		needs = append(needs, a.newNeed(c.What.In(a.lang), c.Err))
	}
	return needs
}

// printNeeds prints a line for each condition that is not met, and for all if verbose is true; one line if all are met.
func (a *app) printNeeds(needs []need, verbose bool) {
	met, optional := 0, 0
	for _, n := range needs {
		mark := "✗"
		switch {
		case n.OK:
			mark, met = "✓", met+1
		case n.Optional:
			mark, optional = "○", optional+1
		}
		if !verbose && mark != "✗" {
			continue
		}
		line := render.Plain(a.needLine(mark, n), 900)
		if n.Remedy != "" {
			line += " → " + a.hints(render.Plain(n.Remedy, 400))
		}
		if n.Fixed != "" {
			line += " → " + render.Plain(n.Fixed, 400)
		}
		printf(a.out, "%s\n", line)
	}
	if met+optional < len(needs) {
		return
	}
	line := fmt.Sprintf(a.say("✓ all is well; checks: %d", "✓ 一切正常；检查项：%d"), met)
	if optional > 0 {
		line += fmt.Sprintf(a.say("; optional parts that are not here: %d", "；缺少的可选部分：%d"), optional)
	}
	if !verbose {
		line += a.say(" (--verbose lists them)", "（用 --verbose 逐项列出）")
	}
	printf(a.out, "%s\n", line)
}

// newNeed returns the condition called what: met if err is nil, else with the detail and remedy of err.
func (a *app) newNeed(what string, err error) need {
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

// needDM checks whether the DM8 driver can be downloaded, or with network false, is in the module cache. It is optional:
// without it the specs of one database are miss.
func (a *app) needDM(ctx context.Context, b *build.Builder, network bool) need {
	look := b.CheckDMOffline
	if network {
		look = b.CheckDM
	}
	n := a.newNeed(a.say("the DM8 driver in payloads", "测试程序中的达梦 DM8 驱动"), look(ctx))
	n.Optional = true
	return n
}

func (a *app) needLauncher(ctx context.Context, t matrix.Target) need {
	what := fmt.Sprintf(a.say("target %s (%s)", "目标 %s（%s）"), t.ID, t.Run)
	if t.Run == remote.Launcher {
		return a.needMachine(ctx, what, t)
	}
	return a.newNeed(what, launchable(ctx, t))
}

// needMachine reaches the machine of a target and looks at it.
func (a *app) needMachine(ctx context.Context, what string, t matrix.Target) need {
	c := a.reachOne(ctx, t, 0)
	defer c.Close()
	n := a.newNeed(what, c.Failed)
	if c.Failed == nil {
		n.Detail = c.About()
	}
	return n
}

// launchable returns launch.Available of a target as the matrix has it.
func launchable(ctx context.Context, t matrix.Target) error {
	return launch.Available(ctx, t.Recorded(t.Key(false)))
}

// wrongKernels returns a *record.Problem if a kernel file that a target names cannot be booted. An absent kernel is no
// error here: its specs are miss.
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

// needServices starts the services of items that the user does not name, one after the other as in a run, and stops them
// again.
func (a *app) needServices(ctx context.Context, items []string, servers check.Variables) (needs []need) {
	var list []check.Service
	for _, item := range items {
		s, _ := suites.Find(item)
		for _, service := range s.Services {
			if servers.Get(service.Variable()) == "" {
				list = append(list, service)
			}
		}
	}
	what := func(service string) string { return fmt.Sprintf(a.say("service %s", "服务 %s"), service) }
	dir, err := os.MkdirTemp("", "xcmatrix-doctor-")
	if err != nil {
		return []need{a.newNeed(what(""), err)}
	}
	defer os.RemoveAll(dir)
	started, err := check.StartServices(ctx, list, servers, func(service string) (string, error) { return os.MkdirTemp(dir, service+"-") })
	if err != nil {
		return []need{a.newNeed(what(""), err)}
	}
	defer started.Stop()
	for _, service := range list {
		err := started.Failed[service.Name()]
		if missing := started.Missing[service.Name()]; missing != nil && err == nil {
			err = missing
		}
		needs = append(needs, a.newNeed(what(service.Name()), err))
	}
	return needs
}
