package cli

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/ab"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/report"
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
  xcmatrix ab --suite crypto --payload-b ./xcmatrix-new --blocks 10`,
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
	cmd.Flags().StringVar(suite, "suite", "", a.say("the suite whose benchmarks are run", "运行其基准测试的套件"))
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
	if a.json {
		o.format = string(report.JSON)
	}
	if !slices.Contains(report.Formats, report.Format(o.format)) {
		return record.Wrongf("--format", "%q is none of %v", "%q 不是 %v 之一", o.format, report.Formats)
	}
	var samples []series.Sampled
	err = a.measureAlone(ctx, o.suite, o.specs, func(both ab.Options) error {
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
