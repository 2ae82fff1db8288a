package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/report"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

type compareOptions struct {
	by, test, format string
	out              string
	machines         bool // of a chip apart
	rules            compare.Options
}

func (a *app) compareCommand() *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use:   "compare RUN|FILE|DIR...",
		Short: a.say("say which is faster, and when the data do not tell", "比较性能，并在数据不足以判断时如实说明"),
		Long: a.say(`Compares the samples of runs, of files in the Go benchmark format (LABEL=FILE gives one a name), and of directories of
either. A verdict of difference needs an interval beyond the threshold and survives the number of comparisons made.`,
			`比较运行记录、Go 基准测试格式文件（可用 标签=文件 命名）及其目录中的样本。
只有区间完全超出阈值且经多重比较校正后仍成立，才判定为有差异。`),
		Example: `  xcmatrix compare latest --by chip --reference kunpeng-920
  xcmatrix compare kunpeng-a.xcr kunpeng-b.xcr 3a6000.xcr --by chip --machines
  xcmatrix compare 20260901-101500-ab12 20260902-101500-cd34 --by commit
  xcmatrix compare old=old.txt new=new.txt --format markdown`,
		RunE: func(_ *cobra.Command, args []string) error { return a.compare(args, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.by, "by", "", a.say("what stands side by side: chip, target, system, commit, run, file (default: file where one has a label, run for several runs, else target)",
		"并列比较的对象：chip、target、system、commit、run、file（默认：有标签时为 file，多个运行时为 run，否则为 target）"))
	ruleFlags(a, cmd, &o.rules)
	f.StringVar(&o.rules.Reference, "reference", "", a.say("what the others are compared with (default: the first)", "比较基准（默认为第一个）"))
	f.BoolVar(&o.machines, "machines", false, a.say("with --by chip: a column for each machine of a chip", "与 --by chip 同用：同一芯片的每台机器各占一列"))
	f.StringVar(&o.format, "format", "text", a.say("text, markdown, csv, json or html", "text、markdown、csv、json 或 html"))
	f.StringVar(&o.out, "out", "", a.say("file to write to", "输出文件"))
	f.StringVar(&o.test, "test", "auto", a.say("rounds, rank for single rounds, or auto", "rounds（多轮）、rank（单轮）或 auto"))
	cmd.AddCommand(a.powerCommand(), a.syntheticCommand(), a.aaCommand())
	return cmd
}

// ruleFlags adds the flags with which a comparison judges, and sets r to their defaults.
func ruleFlags(a *app, cmd *cobra.Command, r *compare.Options) {
	f := cmd.Flags()
	*r = compare.Defaults
	f.Float64Var(&r.Delta, "delta", r.Delta, a.say("share of difference that does not matter", "可忽略的差异比例"))
	f.Float64Var(&r.Discovery, "fdr", r.Discovery, a.say("share of false ones among all differences found", "错误发现率上限"))
	f.IntVar(&r.Rounds, "min-rounds", r.Rounds, a.say("fewer rounds are not compared", "少于此轮次不予比较"))
	f.IntVar(&r.Control, "resamples", r.Control, a.say("how often the control deals the data anew; 0 for no control", "对照重新分配数据的次数，0 表示不作对照"))
	f.Uint64Var(&r.Seed, "seed", r.Seed, a.say("seed of the control; no verdict depends on it", "对照的随机种子；结论与其无关"))
	f.BoolVar(&r.Mixed, "mixed", false, a.say("compare also where the payloads were not the same", "测试程序不同时仍进行比较"))
}

func (a *app) compare(args []string, o compareOptions) error {
	if len(args) == 0 {
		return record.Wrongf("", "name runs, files or directories to compare: `xcmatrix compare latest`",
			"请指定要比较的运行、文件或目录：`xcmatrix compare latest`")
	}
	inputs, runs := a.inputs(args)
	by, err := chooseBy(o.by, runs, slices.ContainsFunc(inputs, func(in series.Input) bool { return in.Label != "" }))
	if err != nil {
		return err
	}
	if o.machines && by != series.Chip {
		if o.by != "" {
			return record.Wrongf("--machines", "it goes with --by chip alone", "只能与 --by chip 同用")
		}
		by = series.Chip
	}
	if err := o.rules.Check(); err != nil {
		return err
	}
	if o.rules.Test = compare.Test(o.test); o.test == "bootstrap" { // as it was called before
		o.rules.Test = compare.Rounds
	}
	if !slices.Contains([]compare.Test{compare.Auto, compare.Rounds, compare.Rank}, o.rules.Test) {
		return record.Wrongf("--test", "%q is none of auto, rounds, rank", "%q 不是 auto、rounds、rank 之一", o.test)
	}
	if err := a.checkReportFormat(&o.format); err != nil {
		return err
	}
	defer collectLate()()
	var set *series.Set
	var problems []*record.Problem
	if o.machines {
		set, problems = series.ReadMachines(inputs, runtime.GOMAXPROCS(0))
	} else {
		set, problems = series.Read(inputs, by, runtime.GOMAXPROCS(0))
	}
	if len(set.Columns) == 0 && len(problems) > 0 {
		return a.printProblems(problems)
	}
	table, err := compare.Compare(set, o.rules)
	if err != nil {
		return err
	}
	if err := a.writeReport(table, o); err != nil {
		return err
	}
	problems = slices.Concat(problems, table.Problems)
	if table.Nothing != nil {
		problems = append(problems, record.Wrongf("", "nothing could be compared: %s", "没有可以比较的内容：%s", *table.Nothing))
	}
	return a.printProblems(problems)
}

// collectLate delays the first garbage collection until the heap has 128 MB, by when most comparisons are finished: nearly
// all of the heap is data that stays in use. After that it collects more often than usual, which costs little time and
// saves a fifth of the memory. undo restores the settings.
func collectLate() (undo func()) {
	limit := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(limit, 128<<20))
	percent := debug.SetGCPercent(-1)
	var once sync.Once
	first := new(*int) // is gone with the first collection
	runtime.AddCleanup(first, func(usual int64) {
		once.Do(func() {
			debug.SetGCPercent(75)
			debug.SetMemoryLimit(usual)
		})
	}, limit)
	return func() {
		once.Do(func() {})
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// writeReport writes the table to the file of --out, else to the output.
func (a *app) writeReport(t *compare.Table, o compareOptions) error {
	style := report.Style{Format: report.Format(o.format), Lang: a.lang, Color: colour(a.out)}
	style.Width, _ = terminal(a.out)
	if o.out == "" {
		if style.Format == report.JSON {
			a.asJSON()
		}
		return report.Write(a.out, t, style)
	}
	f, err := os.Create(o.out)
	if err != nil {
		return record.Wrongf("--out", "%v", "%v", err)
	}
	style.Color, style.Width = false, 0
	err = report.Write(f, t, style)
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	return err
}

// inputs returns the inputs that the arguments name, and how many of them are runs. An argument that is no path is taken
// for the id of a run.
func (a *app) inputs(args []string) (inputs []series.Input, runs int) {
	for _, arg := range args {
		in := series.ParseInput(arg)
		if _, err := os.Stat(in.Path); err != nil {
			if dir, err := store.Find(a.runs, in.Path); err == nil {
				in.Path = dir
			}
		}
		if store.IsRun(in.Path) {
			runs++
		}
		inputs = append(inputs, in)
	}
	return inputs, runs
}

// chooseBy returns the property of --by. Where it is not given, labels are the columns, then runs.
func chooseBy(flag string, runs int, labelled bool) (series.By, error) {
	by := series.By(flag)
	switch {
	case flag == "" && labelled:
		return series.File, nil
	case flag == "" && runs > 1:
		return series.Run, nil
	case flag == "":
		return series.Target, nil
	case !slices.Contains(series.Bys, by):
		return "", record.Wrongf("--by", "%q is none of %v", "%q 不是 %v 之一", flag, series.Bys)
	}
	return by, nil
}

// printProblems prints each problem of the input in a line. It returns exitUsage if there are any.
func (a *app) printProblems(problems []*record.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	for _, p := range problems {
		printf(a.err, "xcmatrix: %s\n", strings.TrimSpace(p.In(a.lang)))
	}
	return &status{code: exitUsage}
}

// checkReportFormat sets the format of a comparison to JSON where --json is given. It returns an error for a format that comparisons
// do not have.
func (a *app) checkReportFormat(format *string) error {
	if a.json {
		*format = string(report.JSON)
	}
	if !slices.Contains(report.Formats, report.Format(*format)) {
		return record.Wrongf("--format", "%q is none of %v", "%q 不是 %v 之一", *format, report.Formats)
	}
	return nil
}
