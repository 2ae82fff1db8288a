package cli

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/ab"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/matrix/tune"
	"github.com/xcmatrix/xcmatrix/matrix/tune/subject"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/temporary"
	"github.com/xcmatrix/xcmatrix/results/tuning"
	"github.com/xcmatrix/xcmatrix/suites/gc/workload"
)

type tuneOptions struct {
	workload, bench, load, ready string
	memory, objective, plot      string
	budget                       time.Duration
	delta                        float64
}

func (a *app) tuneCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tune",
		Short:   a.say("recommend settings for a program on this machine, where a gain is confirmed", "为程序推荐在本机上的设置（须证实有收益）"),
		Example: "  xcmatrix tune gc --memory 8GiB --objective p99",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(a.tuneGCCommand(), a.tuneCheckCommand(), a.tuneProcsCommand())
	return cmd
}

func (a *app) tuneGCCommand() *cobra.Command {
	var o tuneOptions
	cmd := &cobra.Command{
		Use:   "gc [flags] [-- SERVER [ARG...]]",
		Short: a.say("recommend GOGC and GOMEMLIMIT for a workload, if a gain over the default is confirmed", "为负载推荐 GOGC 与 GOMEMLIMIT（须证实优于默认设置）"),
		Long: a.say(`Runs a workload under some settings, in a process of its own each time, and compares the best setting with the default
anew, in the order A B B A. The workload is one that ships, a benchmark of your module, or your server with a command that
puts load on it. "no gain shown" is an answer, too: then keep the default. docs/tuning.md says how to read the figures.`,
			`在若干设置下运行负载（每次使用新进程），再按 A B B A 次序将最佳设置与默认设置重新比较。负载可以是内置负载、
你的模块中的基准测试，或你的服务加上一条施加负载的命令。“no gain shown”（未显示收益）也是答案：此时请保留默认设置。
数值的含义见 docs/tuning.zh-CN.md。`),
		Example: `  xcmatrix tune gc
  xcmatrix tune gc --workload heap --memory 256MiB --objective throughput
  xcmatrix tune gc --bench ./cache.BenchmarkLookup --memory 2GiB
  xcmatrix tune gc --memory 4GiB --objective p99 --load './load.sh' --ready 127.0.0.1:8080 -- ./server -port 8080`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() > 0 || len(args) > 0 && cmd.ArgsLenAtDash() < 0 {
				return record.Wrongf("", "%q: name the server behind --", "%q：请在 -- 之后给出服务程序", args[0])
			}
			return a.tuneGC(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.workload, "workload", workload.All[0].Name, a.say("a workload that ships: ", "内置负载：")+strings.Join(workload.Names(), ", "))
	f.StringVar(&o.bench, "bench", "", a.say("a benchmark of your module instead: PACKAGE.BenchmarkName", "改用你的模块中的基准测试：包.BenchmarkName"))
	f.StringVar(&o.load, "load", "", a.say("the command that puts load on the server behind --, for the shell", "对 -- 之后的服务施加负载的命令（由 shell 执行）"))
	f.StringVar(&o.ready, "ready", "", a.say("HOST:PORT that accepts connections when the server is ready", "服务就绪后接受连接的 主机:端口"))
	f.StringVar(&o.memory, "memory", "", a.say("memory that the program may use, such as 8GiB (default: the control group's limit, else half of the machine's)", "程序可用的内存，如 8GiB（默认为控制组上限，否则为本机内存的一半）"))
	f.StringVar(&o.objective, "objective", string(tuning.Objectives[0]), a.say("what is to become better: throughput, p99, memory", "优化目标：throughput（吞吐量）、p99（时延）、memory（内存）"))
	f.DurationVar(&o.budget, "time", 270*time.Second, a.say("how long all may take", "总时限"))
	f.Float64Var(&o.delta, "delta", 0.02, a.say("share of gain that does not matter", "可忽略的收益比例"))
	f.StringVar(&o.plot, "plot", "", a.say("SVG file of all settings and the Pareto front", "所有设置与帕累托前沿的 SVG 文件"))
	return cmd
}

func (a *app) tuneGC(ctx context.Context, o tuneOptions, server []string) error {
	search, err := o.search()
	if err != nil {
		return err
	}
	dir, err := temporary.Dir("", "xcmatrix-tune-")
	if err != nil {
		return err
	}
	defer temporary.Remove(dir)
	name, err := a.tuneWorkload(ctx, o, server, dir, &search)
	if err != nil {
		return err
	}
	hold, err := lock.Alone(ctx, lock.Path(), "xcmatrix tune gc", a.waiting)
	if err != nil {
		return err
	}
	defer hold.Unlock() //nolint:errcheck // closing lets go in any case
	if width, ok := terminal(a.err); ok && width > 0 && !a.quiet {
		search.Progress = func(done int, now tuning.Setting) { printf(a.err, "\r\x1b[K[%d] %s", done+1, now) }
		defer printf(a.err, "\r\x1b[K")
	}
	advice, err := tune.Search(ctx, search)
	if err != nil {
		return err
	}
	here := machine.Detect()
	advice.Workload, advice.Chip = name, cmp.Or(here.Chip, here.Model)
	if o.plot != "" {
		if err := os.WriteFile(o.plot, []byte(tuning.Plot(advice, a.lang)), 0o644); err != nil {
			return record.Wrongf("--plot", "%v", "%v", err)
		}
	}
	if a.json {
		return a.printJSON(advice)
	}
	a.showAdvice(advice)
	return nil
}

// search returns the options of a search as far as flags give them. It returns a *record.Problem for a wrong one.
func (o tuneOptions) search() (tune.Options, error) {
	s := tune.Options{Objective: tuning.Objective(o.objective), Budget: o.budget, Delta: o.delta}
	if !slices.Contains(tuning.Objectives, s.Objective) {
		return s, record.Wrongf("--objective", "%q is none of throughput, p99, memory", "%q 不是 throughput、p99、memory 之一", o.objective)
	}
	if o.budget < time.Second {
		return s, record.Wrongf("--time", "must be 1s or more", "必须不小于 1s")
	}
	if !(o.delta >= 0 && o.delta <= 1) {
		return s, record.Wrongf("--delta", "%v is not a number from 0 to 1", "%v 不是 0 到 1 之间的数", o.delta)
	}
	here := machine.Detect()
	most := here.Memory
	if group := here.Cgroup.MemoryMax; group > 0 && group < most {
		most = group
		s.Memory = group
	} else {
		s.Memory = most / 2
	}
	if o.memory == "" {
		return s, nil
	}
	var ok bool
	if s.Memory, ok = parseBytes(o.memory); !ok || s.Memory < 16<<20 {
		return s, record.Wrongf("--memory", "%q is not a size of 16MiB or more, such as 8GiB", "%q 不是不小于 16MiB 的容量，例如 8GiB", o.memory)
	}
	if s.Memory > most {
		return s, record.Wrongf("--memory", "%s is more than there is here (%s)", "%s 超过本机可用的内存（%s）", o.memory, tuning.Bytes(most>>20<<20))
	}
	return s, nil
}

// parseBytes parses a size as GOMEMLIMIT takes it: a whole number, with B, KiB, MiB, GiB or TiB or without a unit.
func parseBytes(text string) (n uint64, ok bool) {
	number, unit := strings.TrimSuffix(text, "B"), uint64(1)
	for i, suffix := range []string{"Ki", "Mi", "Gi", "Ti"} {
		if rest, is := strings.CutSuffix(number, suffix); is && number != text {
			number, unit = rest, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseUint(number, 10, 64)
	return n * unit, err == nil && n < 1<<63/unit
}

// tuneWorkload sets what the search measures, and returns its name. It returns a *record.Problem if flags contradict each other or
// name nothing that there is.
func (a *app) tuneWorkload(ctx context.Context, o tuneOptions, server []string, dir string, s *tune.Options) (string, error) {
	switch {
	case len(server) > 0 && o.bench != "":
		return "", record.Wrongf("--bench", "name a benchmark or a server, not both", "基准测试与服务只能指定其一")
	case len(server) > 0 && o.load == "":
		return "", record.Wrongf("--load", "name the command that puts load on the server", "请指定对服务施加负载的命令")
	case len(server) == 0 && (o.load != "" || o.ready != ""):
		return "", record.Wrongf("--load", "name the server behind --: `-- ./server`", "请在 -- 之后给出服务程序：`-- ./server`")
	case len(server) > 0:
		p := &subject.Server{Command: server, Load: o.load, Ready: o.ready}
		s.Measure = p.Measure
		return filepath.Base(server[0]), p.Check()
	case o.bench != "":
		p, err := subject.NewBenchmark(ctx, o.bench, dir)
		if err != nil {
			return "", err
		}
		s.Measure = p.Measure
		return o.bench, nil
	}
	w, is := workload.Find(o.workload)
	if !is {
		return "", record.Wrongf("--workload", "%q is none of %s", "%q 不是 %s 之一", o.workload, strings.Join(workload.Names(), ", "))
	}
	side, err := a.side("default", "", "")
	p := &subject.Workload{Name: w.Name, Payload: side, Options: ab.Options{Item: "gc", Specs: []record.SpecPlan{{ID: "workload / " + w.Name}},
		Seed: 1, Memory: max(2*s.Memory, s.Memory+1<<30)}}
	s.Measure = p.Measure
	return w.Name, err
}
