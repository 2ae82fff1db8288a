package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"golang.org/x/perf/benchunit"

	"github.com/xcmatrix/xcmatrix/results/history"
	"github.com/xcmatrix/xcmatrix/results/joint"
	"github.com/xcmatrix/xcmatrix/results/pack"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
)

type historyOptions struct {
	target, benchmark, unit, svg string
	as                           []string
	rules                        history.Options
}

func (a *app) historyCommand() *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history [RUN...]",
		Short: a.say("follow a benchmark over runs, and mark where its level changed", "跟踪一项基准测试在历次运行中的变化，并标出变化点"),
		Long: a.say(`Follows benchmarks over the runs that are named, all below --runs where none is. Runs of several machines: --target
names one, by its chip or as --as calls it.`,
			`跟踪所列运行（未列出时为 --runs 下的全部运行）中的基准测试。涉及多台机器时，用 --target 以芯片名或 --as 所给名称指定一台。`),
		Example: `  xcmatrix history --target native --benchmark 'Crypto/SM3/*/*'
  xcmatrix history --target native --benchmark Crypto/SM3/16KiB/emmansun --unit sec/op --svg sm3.svg
  xcmatrix history spring.xcr autumn.xcr --target kunpeng-920`,
		RunE: func(_ *cobra.Command, args []string) error { return a.history(args, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.target, "target", "native", a.say("the target, or the chip", "目标或芯片"))
	a.asFlag(cmd, &o.as)
	f.StringVar(&o.benchmark, "benchmark", "*", a.say("name, or a glob; * alone is all", "名称或通配符，单独的 * 表示全部"))
	f.StringVar(&o.unit, "unit", "", a.say("only in this unit: sec/op, B/s", "仅此单位：sec/op、B/s"))
	f.StringVar(&o.svg, "svg", "", a.say("file to draw one benchmark into", "将一项基准测试绘制到此文件"))
	f.Float64Var(&o.rules.Delta, "delta", history.Default.Delta, a.say("share of change that does not matter", "可忽略的变化比例"))
	f.Float64Var(&o.rules.Alpha, "alpha", history.Default.Alpha, a.say("how often chance may look like a change", "偶然被误认为变化的概率上限"))
	return cmd
}

func (a *app) history(args []string, o historyOptions) error {
	if _, err := path.Match(o.benchmark, ""); err != nil {
		return record.Wrongf("--benchmark", "%q is not a glob", "%q 不是有效的通配符", o.benchmark)
	}
	runs, problems, err := a.namedRuns(args, o.as)
	if err != nil {
		return err
	}
	shown := a.trends(runs, o)
	if err := a.printProblems(problems); shown == nil {
		return err
	}
	return shown
}

// trends shows the histories of benchmarks that the options select.
func (a *app) trends(runs []joint.Named, o historyOptions) error {
	in, err := oneMachine(runs, o.target)
	if err != nil {
		return err
	}
	trends := history.OfMachine(plainRuns(runs), o.target, in, func(name string) bool {
		ok, _ := path.Match(o.benchmark, name)
		return ok || o.benchmark == "*"
	}, o.rules)
	trends = inUnit(trends, o.unit)
	if len(trends) == 0 {
		return a.noTrend(plainRuns(runs), in, o)
	}
	if o.svg != "" {
		if err := draw(trends, o.svg, a.lang); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(trends)
	}
	a.showTrends(trends)
	return nil
}

// namedRuns are the runs that are named, all there are where none is.
func (a *app) namedRuns(args, as []string) ([]joint.Named, []*record.Problem, error) {
	if len(args)+len(as) > 0 {
		return a.loadAll(args, as)
	}
	runs, problems, err := a.allRuns()
	var named []joint.Named
	for _, r := range runs {
		named = append(named, joint.Named{Run: r})
	}
	return named, problems, err
}

func plainRuns(named []joint.Named) []*store.Run {
	var runs []*store.Run
	for _, r := range named {
		runs = append(runs, r.Run)
	}
	return runs
}

// oneMachine returns what each run calls a machine, which is named as a target, by its chip, or by hand. Several machines
// under the name of one target have no common history.
func oneMachine(runs []joint.Named, target string) (in func(*store.Run) string, err error) {
	called, chips := map[*store.Run]string{}, []string{}
	for _, r := range runs {
		for _, t := range r.Manifest.Targets {
			name := joint.Name(r, t, isChip)
			if t.ID != target && name != target {
				continue
			}
			called[r.Run] = t.ID
			if !slices.Contains(chips, name) {
				chips = append(chips, name)
			}
		}
	}
	if len(chips) > 1 {
		return nil, record.Wrongf("--target", "%s is %s in these runs: name one of them", "%s 在这些运行中分别是 %s：请指定其中之一", target, strings.Join(chips, ", "))
	}
	return func(r *store.Run) string { return called[r] }, nil
}

// allRuns loads every run there is, in a directory or in a pack; one that cannot be read is told of, and passed over. A run
// whose directory is there beside its pack counts once.
func (a *app) allRuns() (runs []*store.Run, problems []*record.Problem, err error) {
	entries, err := regular.List(a.runs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	} else if err != nil {
		return nil, nil, record.Wrongf(a.runs, "there are no runs here yet: make one with `xcmatrix run`",
			"这里还没有任何运行：请先执行 `xcmatrix run`")
	}
	loaded := map[string]string{} // the last hash of each run
	slices.SortStableFunc(entries, func(x, y fs.DirEntry) int { return cmp.Compare(ofPack(x), ofPack(y)) })
	for _, e := range entries {
		dir := filepath.Join(a.runs, e.Name())
		if !e.IsDir() && ofPack(e) == 0 || !store.IsRun(dir) { // "latest" is a link
			continue
		}
		run, err := store.Load(dir)
		if err != nil {
			problems = append(problems, record.Wrongf(dir, "left out: %s", "已略过：%[2]s", sentence(err, "en"), sentence(err, "zh")))
			continue
		}
		id := run.Manifest.Run
		if head, again := loaded[id]; again {
			if head != run.Head {
				problems = append(problems, record.Wrongf(dir, "left out: another run with the id %s and other content is here", "已略过：此处另有编号同为 %s 而内容不同的运行", id))
			}
			continue
		}
		loaded[id] = run.Head
		runs = append(runs, run)
	}
	return runs, problems, nil
}

// ofPack is 1 for what is called as a pack, 0 for all else.
func ofPack(e fs.DirEntry) int {
	if !e.IsDir() && pack.Named(e.Name()) {
		return 1
	}
	return 0
}

func inUnit(trends []history.Trend, unit string) []history.Trend {
	if unit == "" {
		return trends
	}
	var kept []history.Trend
	for _, t := range trends {
		if t.Unit == unit {
			kept = append(kept, t)
		}
	}
	return kept
}

func draw(trends []history.Trend, file, lang string) error {
	if len(trends) != 1 {
		var names []string
		for _, t := range trends[:min(3, len(trends))] {
			names = append(names, t.Benchmark+" "+t.Unit)
		}
		return record.Wrongf("--svg", "%d benchmarks are selected, one can be drawn: narrow --benchmark and --unit (%s)",
			"选中了 %d 项，只能绘制一项：请缩小 --benchmark 与 --unit 的范围（%s）", len(trends), strings.Join(names, ", "))
	}
	if err := os.WriteFile(file, []byte(trends[0].SVG(lang)), 0o644); err != nil {
		return record.Wrongf("--svg", "%v", "%v", err)
	}
	return nil
}

// noTrend says why nothing is selected: what there is has other names or units, or there is nothing.
func (a *app) noTrend(runs []*store.Run, in func(*store.Run) string, o historyOptions) error {
	why := record.Say("rounds in a noisy moment are left out; `xcmatrix run --label bench` at a quiet time measures",
		"机器不安静时的轮次已弃用；请在机器安静时用 `xcmatrix run --label bench` 测量")
	if len(runs) > 0 && slices.Contains(runs[len(runs)-1].Manifest.Items, record.ItemTest) {
		why = record.Say("rounds in a noisy moment are left out; `xcmatrix test --bench .` at a quiet time measures",
			"机器不安静时的轮次已弃用；请在机器安静时用 `xcmatrix test --bench .` 测量")
	}
	if all := history.OfMachine(runs, o.target, in, func(string) bool { return true }, o.rules); len(all) > 0 {
		why = record.Sayf("there is %s in %s; * stands for one part between slashes", "有 %s（单位 %s）等；* 代表两个斜杠之间的一段",
			all[0].Benchmark, all[0].Unit)
	}
	return record.Wrongf("", "no native samples of %q on target %q in %d runs of %s: %s",
		"在 %[4]s 的 %[3]d 次运行中，目标 %[2]q 没有 %[1]q 的实机样本：%[5]s", o.benchmark, o.target, len(runs), a.runs, why)
}

// showTrends prints a line each, and the table of points where there is but one.
func (a *app) showTrends(trends []history.Trend) {
	for i := range trends {
		t := &trends[i]
		last := t.Points[len(t.Points)-1]
		printf(a.out, "%s  %s  %s  %s\n", t.Benchmark, t.Unit, t.Sparkline(), benchunit.Scale(last.Median, benchunit.ClassOf(t.Unit)))
		if t.Alone != nil {
			printf(a.out, "    %s %.12s: %s\n", last.Run, last.Commit, t.Alone.In(a.lang))
		}
		for _, p := range t.Points {
			if p.Changed != nil && len(trends) > 1 {
				printf(a.out, "    %s %.12s: %s\n", p.Run, p.Commit, p.Changed.In(a.lang))
			}
		}
	}
	if len(trends) != 1 {
		return
	}
	rows := table.NewWriter()
	rows.SetStyle(table.StyleLight)
	rows.AppendHeader(table.Row{a.say("run", "运行"), a.say("commit", "提交"), a.say("median", "中位数"), a.say("rounds", "轮次"), a.say("change", "变化")})
	class := benchunit.ClassOf(trends[0].Unit)
	for _, p := range trends[0].Points {
		change := ""
		if p.Changed != nil {
			change = p.Changed.In(a.lang)
		}
		rows.AppendRow(row(p.Run, fmt.Sprintf("%.12s", p.Commit), fmt.Sprintf("%s (%s–%s)", benchunit.Scale(p.Median, class),
			benchunit.Scale(p.Low, class), benchunit.Scale(p.High, class)), p.Rounds, change))
	}
	printf(a.out, "%s\n", a.fitted(rows))
}
