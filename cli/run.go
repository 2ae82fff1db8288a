package cli

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

type runOptions struct {
	selection
	resume      string
	plan        string
	noise       string
	wait        time.Duration // for a machine that cannot be reached any more
	specs       []string
	format      string // of what is shown in the end
	seed        uint64
	memory      uint64
	jobs        int
	noLock      bool
	destructive string // the block device that may be written over, as raw.Open has it; "" for none
	hub         string // credential of a hub, for targets of a fleet
	detach      bool   // jobs are left to the hub
	watch       bool   // resume names a run whose jobs are at the hub
	packed      bool   // the run's directory is removed when it has been packed, so that nothing is said of it

	announce bool          // say first what will run
	expected time.Duration // that it will take; 0 where nothing tells

	planned func([]matrix.Target) // told the targets before what else is put together; may be nil

	confirm string         // "vm": the user's own tests that fail or skip under an emulator run again in a virtual machine
	tests   *gotest.Config // the user's own tests; nil for suites alone
}

// selectsAll reports whether every spec of the plan is selected, so that the plan alone says what will run.
func (o *runOptions) selectsAll() bool { return o.label == "" && len(o.specs) == 0 }

func (a *app) runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: a.say("run suites on targets, and print the table", "在目标上运行套件并显示结果表"),
		Long: a.say(`Builds a payload for each architecture, runs every suite in processes of its own, and prints the tables. What happens
is kept in a directory below --runs as it happens. Exit status: 0 all pass or known, 1 new findings, 3 error or
interrupted.`,
			`为每种架构构建测试程序，让每个套件在自己的进程中运行，并显示结果表。过程随时记入 --runs 下的目录。
退出码：0 全部通过或已知，1 有新问题，3 出现错误或被中断。`),
		Example: `  xcmatrix run
  xcmatrix run --target 'loong64*' --suite crypto,disk --json
  xcmatrix run --plan lab.plan
  xcmatrix run --target native --suite disk --label deep --destructive /dev/sdb=WD-WX11A
  xcmatrix run --resume latest`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.run(cmd.Context(), o) },
	}
	a.runFlags(&o, cmd)
	cmd.Flags().StringVar(&o.destructive, "destructive", "", a.say("a block device that suite disk may write over, given twice: PATH=SERIAL or PATH=BYTES; with --label deep",
		"允许 disk 套件改写的块设备，须作两次指明：路径=序列号 或 路径=字节数；与 --label deep 同用"))
	return cmd
}

// runFlags adds the flags of the commands that run suites.
func (a *app) runFlags(o *runOptions, cmd *cobra.Command) {
	o.selection.flags(a, cmd)
	f := cmd.Flags()
	f.StringVar(&o.resume, "resume", "", a.say("finish an interrupted run: its id, directory, or latest", "完成被中断的运行：编号、目录或 latest"))
	f.StringVar(&o.plan, "plan", "", a.say("run just what this plan file says (see plan --out)", "只按此计划文件运行（见 plan --out）"))
	f.StringArrayVar(&o.specs, "spec", nil, a.say("only the spec with this id; may be repeated", "只运行此编号的检查项；可重复"))
	f.Uint64Var(&o.seed, "seed", 0, a.say("seed of everything random (default: a new one)", "随机种子（默认新生成）"))
	f.Uint64Var(&o.memory, "memory-limit", 2048, a.say("MiB of memory that a payload may take", "单个测试程序的内存上限（MiB）"))
	f.StringVar(&o.noise, "noise", "", a.say("limits beyond which a round is not compared: score=0.1,load=0.5,steal=0.05, or off",
		"超过即不参与比较的噪声限值：score=0.1,load=0.5,steal=0.05 或 off"))
	f.DurationVar(&o.wait, "wait", 30*time.Minute, a.say("how long a machine that is reached by SSH, and cannot be any more, is waited for", "通过 SSH 访问的机器失联后的最长等待时间"))
	a.hubFlag(f, &o.hub)
	a.detachFlag(f, &o.detach)
	f.BoolVar(&o.noLock, "no-lock", false, a.say("do not wait for other runs on this machine; what is measured then is not compared", "不等待本机上的其他运行；此时测得的数据不参与比较"))
	f.BoolVar(&o.packed, "packed", false, a.say("the run's directory is packed and removed afterwards: do not name it", "运行目录随后会打包并删除：不显示其路径"))
	f.MarkHidden("packed") //nolint:errcheck // it is there
	f.IntVar(&o.jobs, "jobs", runtime.NumCPU(), a.say("functional cells at a time", "同时运行的功能单元数"))
}

// run makes or resumes a run, and prints its tables.
func (a *app) run(ctx context.Context, o runOptions) error {
	machines := &reaching{app: a, wait: o.wait, hub: o.hub, detach: o.detach}
	defer machines.close()
	if o.watch {
		if err := machines.fetchDetached(ctx, o.resume); err != nil {
			return err
		}
	}
	resumed, err := a.resumed(o)
	if err != nil {
		return err
	}
	machines.resumed = resumed
	o.planned = func(targets []matrix.Target) { machines.begin(ctx, targets) }
	o.announce = resumed == nil
	options, err := a.options(ctx, &o)
	if err != nil {
		return err
	}
	if err := a.checkRun(o, options, resumed); err != nil {
		return err
	}
	if options.Machines, err = machines.end(); err != nil {
		return err
	}
	if resumed == nil {
		a.warnUndeclared(options.Plan.Targets)
		if options.Tests != nil && !options.Tests.Prebuilt() {
			a.warnUnclean(options.Tests.Dir)
		}
	}
	done, err := a.carryOut(ctx, o, options, resumed)
	if done == nil {
		return err
	}
	if errors.Is(err, remote.ErrDetached) {
		return a.detached(ctx, done, machines)
	}
	return a.finishRun(ctx, o, options, done, err)
}

// resumed returns the run that is resumed; nil if none is.
func (a *app) resumed(o runOptions) (*store.Run, error) {
	if o.resume == "" {
		return nil, nil
	}
	dir, err := store.Find(a.runs, o.resume)
	if err != nil {
		return nil, err
	}
	if err := store.Look(dir); err != nil {
		return nil, err
	}
	return store.Load(dir) // before anything that takes seconds
}

// checkRun returns a *record.Problem for what cannot be resumed or detached.
func (a *app) checkRun(o runOptions, options run.Options, resumed *store.Run) error {
	if resumed != nil && options.Tests == nil && slices.Contains(resumed.Manifest.Items, gotest.Item) {
		return record.Wrongf("--resume", "it is a run of a module's own tests: `xcmatrix test --resume %s` in the module's directory goes on",
			"这是用户模块测试的运行：请在模块目录中用 `xcmatrix test --resume %s` 继续", o.resume)
	}
	if o.detach {
		return checkDetach(options.Plan.Targets)
	}
	return nil
}

// carryOut runs what the options say, or the rest of a resumed run, and shows its progress.
func (a *app) carryOut(ctx context.Context, o runOptions, options run.Options, resumed *store.Run) (*store.Run, error) {
	waivers, _, err := a.waiverList()
	if err != nil {
		return nil, err
	}
	progress := newProgress(a, waivers, o.expected)
	defer progress.end()
	options.Begun, options.Progress, options.Building = progress.begin, progress.step, progress.building
	options.Notice, options.Waiting = progress.notice, progress.waiting
	if o.announce && !o.selectsAll() { // whether a spec is selected is known once the run begins
		options.Begun = func(m store.Manifest) {
			progress.expected = a.announce(options.Plan, o)
			progress.begin(m)
		}
	}
	if resumed != nil {
		return run.Resume(ctx, resumed.Dir, options)
	}
	return run.New(ctx, options)
}

// verb returns the name of the command that started the run.
func (o runOptions) verb() string {
	if o.tests != nil {
		return "test"
	}
	return "run"
}
