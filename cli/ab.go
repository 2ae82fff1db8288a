package cli

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/ab"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites"
)

type abOptions struct {
	a, b               string
	payloadA, payloadB string
	suite              string
	specs              []string
	blocks             int
	compareOptions
}

func (a *app) abCommand() *cobra.Command {
	var o abOptions
	cmd := &cobra.Command{
		Use:   "ab",
		Short: a.say("compare two variants on this machine, interleaved ABBA and paired", "在本机以 ABBA 交错配对方式比较两个变体"),
		Example: `  xcmatrix ab --suite gc --a GOGC=100 --b GOGC=75
  xcmatrix ab --suite crypto --payload-b ./xcmatrix-new --blocks 10
  xcmatrix ab --suite test --a GOGC=100 --b GOGC=50`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.ab(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.a, "a", "", a.say("environment of A: 'GOGC=100 GOMEMLIMIT=off'", "A 的环境变量：'GOGC=100 GOMEMLIMIT=off'"))
	f.StringVar(&o.b, "b", "", a.say("environment of B", "B 的环境变量"))
	f.StringVar(&o.payloadA, "payload-a", "", a.say("program of A (default: this one)", "A 的程序文件（默认为本程序）"))
	f.StringVar(&o.payloadB, "payload-b", "", a.say("program of B (default: this one)", "B 的程序文件（默认为本程序）"))
	f.IntVar(&o.blocks, "blocks", 5, a.say("blocks of A B B A", "A B B A 区组数"))
	f.StringVar(&o.format, "format", "text", a.say("text, markdown, csv, json or html", "text、markdown、csv、json 或 html"))
	f.StringVar(&o.out, "out", "", a.say("file to write to", "输出文件"))
	measuredFlags(a, cmd, &o.suite, &o.specs)
	ruleFlags(a, cmd, &o.rules)
	return cmd
}

// measuredFlags adds the flags that select the suite and the specs to measure.
func measuredFlags(a *app, cmd *cobra.Command, suite *string, specs *[]string) {
	cmd.Flags().StringVar(suite, "suite", "", a.say("the suite whose benchmarks are run; test: those of the module here", "运行其基准测试的套件；test 为当前模块的基准测试"))
	cmd.Flags().StringArrayVar(specs, "spec", nil, a.say("only the spec with this id; may be repeated", "只运行此编号的检查项；可重复"))
}

func (a *app) ab(ctx context.Context, o abOptions) error {
	sideA, err := a.side("A", o.a, o.payloadA)
	if err != nil {
		return err
	}
	sideB, err := a.side("B", o.b, o.payloadB)
	if err != nil {
		return err
	}
	if err := o.rules.Check(); err != nil {
		return err
	}
	if o.blocks < 1 {
		return record.Wrongf("--blocks", "must be 1 or more", "必须不小于 1")
	}
	if err := a.checkReportFormat(&o.format); err != nil {
		return err
	}
	var samples []series.Sampled
	measure := func(f func(ab.Options) error) error { return a.measureAlone(ctx, o.suite, o.specs, f) }
	if o.suite == gotest.Item {
		if o.payloadA != "" || o.payloadB != "" {
			return record.Wrongf("--payload", "a module's own benchmarks are built here: vary their environment by --a and --b", "模块自身的基准测试在此构建：请用 --a 与 --b 改变环境变量")
		}
		own, specs, err := a.ownBenchmarks(ctx, o.specs)
		if err != nil {
			return err
		}
		sideA.Payload, sideB.Payload = own, own
		measure = func(f func(ab.Options) error) error { return a.measureSpecsAlone(ctx, o.suite, specs, f) }
	}
	err = measure(func(both ab.Options) error {
		samples, err = ab.Blocks(ctx, sideA, sideB, o.blocks, both)
		return err
	})
	if err != nil {
		return err
	}
	set, problems := series.Collect(samples, series.File)
	o.rules.Test, o.rules.Mixed = compare.Paired, true
	table, err := compare.Compare(set, o.rules)
	if err != nil {
		return err
	}
	if err := a.writeReport(table, o.compareOptions); err != nil {
		return err
	}
	return a.printProblems(slices.Concat(problems, table.Problems))
}

// side returns the variant that the flags describe: its environment, and the file at payload, or this program if payload
// is "". It returns a *record.Problem if env has a word that is not NAME=VALUE.
func (a *app) side(name, env, payload string) (ab.Side, error) {
	s := ab.Side{Label: name, Env: strings.Fields(env)}
	for _, v := range s.Env {
		if !strings.Contains(v, "=") {
			return s, record.Wrongf("--"+strings.ToLower(name), "%q is not NAME=VALUE", "%q 不是 名称=值 的形式", v)
		}
	}
	if env != "" {
		s.Label += " " + env
	}
	if payload != "" {
		s.Label += " " + payload
	}
	var err error
	if payload == "" {
		if payload, err = os.Executable(); err != nil {
			return s, err
		}
	}
	s.Payload, err = ab.Payload(payload)
	return s, err
}

// measureAlone starts the services of a suite, waits for the machine lock, and calls f with the suite's specs that
// measure; only restricts them to these ids. It returns the error of f, or of what comes before it.
func (a *app) measureAlone(ctx context.Context, suite string, only []string, f func(ab.Options) error) error {
	list, err := benchmarks(suite, only)
	if err != nil {
		return err
	}
	return a.measureSpecsAlone(ctx, suite, list, f)
}

// ownBenchmarks builds the benchmarks of the module in the working directory for this machine, and returns their specs; only
// restricts them to these ids. It returns a *record.Problem if there are none.
func (a *app) ownBenchmarks(ctx context.Context, only []string) (build.Payload, []record.SpecPlan, error) {
	builder, err := build.Here()
	if err != nil {
		return build.Payload{}, nil, err
	}
	p, err := a.product(&gotest.Config{Bench: "."}, builder)
	if err != nil {
		return build.Payload{}, nil, err
	}
	here := build.Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}
	list, err := p.Specs(ctx, here)
	if err != nil {
		return build.Payload{}, nil, err
	}
	list = slices.DeleteFunc(list, func(s record.SpecPlan) bool {
		return !s.Measures() || len(only) > 0 && !slices.Contains(only, s.ID)
	})
	if len(list) == 0 {
		return build.Payload{}, nil, record.Wrongf("--spec", "no benchmark of this module is selected: an id is test/<package>/<Benchmark>", "没有选中本模块的任何基准测试：编号为 test/<包>/<Benchmark>")
	}
	payload, err := p.Payload(ctx, here, gotest.Here)
	if err == nil && payload.Path == "" {
		err = record.Wrongf("", "the packages with the benchmarks do not build: `xcmatrix test --target native` says why", "基准测试所在的包无法构建：可用 `xcmatrix test --target native` 查看原因")
	}
	return payload.Payload, list, err
}

// measureSpecsAlone is measureAlone for these specs.
func (a *app) measureSpecsAlone(ctx context.Context, suite string, list []record.SpecPlan, f func(ab.Options) error) error {
	dir, err := os.MkdirTemp("", "xcmatrix-ab-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	env, stop, err := suites.StartServices(ctx, []string{suite}, nil, func(service string) (string, error) { return os.MkdirTemp(dir, service+"-") })
	if err != nil {
		return err
	}
	defer stop()
	o := ab.Options{Item: suite, Specs: list, Env: env(suite), Reads: suites.Reads(suite), Seed: 1, Memory: 2 << 30, Skipped: a.printSkipped()}
	if width, ok := terminal(a.err); ok && width > 0 && !a.quiet {
		o.Progress = func(done, total int) { printf(a.err, "\r\x1b[K[%d/%d]", done, total) }
		defer printf(a.err, "\r\x1b[K")
	}
	hold, err := lock.Alone(ctx, lock.Path(), "xcmatrix ab "+suite, a.waiting)
	if err != nil {
		return err
	}
	defer hold.Unlock() //nolint:errcheck // closing lets go in any case
	return f(o)
}

// printSkipped returns a function that prints why a spec measures nothing here. It prints one line for each spec.
func (a *app) printSkipped() func(spec string, why record.Sentence) {
	told := map[string]bool{}
	return func(spec string, why record.Sentence) {
		if !told[spec] && !a.quiet {
			printf(a.err, a.say("xcmatrix: %s is left out: %s\n", "xcmatrix: 不测量 %s：%s\n"), spec, why.In(a.lang))
		}
		told[spec] = true
	}
}

// benchmarks returns a suite's specs that measure; only restricts them to these ids. It returns a *record.Problem if there
// are none.
func benchmarks(suite string, only []string) ([]record.SpecPlan, error) {
	if !slices.Contains(itemsThereAre(), suite) {
		return nil, record.Wrongf("--suite", "name one of %s", "请指定以下之一：%s", strings.Join(itemsThereAre(), ", "))
	}
	list, err := suites.Specs(suite, nil)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(s record.SpecPlan) bool {
		return !s.Measures() || len(only) > 0 && !slices.Contains(only, s.ID)
	})
	if len(list) == 0 {
		return nil, record.Wrongf("--spec", "nothing that measures is selected in %s", "%s 中没有选中任何性能项", suite)
	}
	return list, nil
}
