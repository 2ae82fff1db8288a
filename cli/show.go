package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

type showOptions struct {
	format string
	as     []string
	packed bool // the run's directory is about to be packed and removed
}

func (a *app) showCommand() *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show [RUN...]",
		Short: a.say("print the tables of runs, a column for each machine", "显示运行的结果表，每台机器一列"),
		Long: a.say(`Prints what runs came to. RUN is a run's id, its directory, a pack, or latest, which it is by default. Several runs are
shown as one: a column for each machine, called after its chip. The hash chain of each journal is checked on the way.`,
			`显示运行的结果。RUN 为运行编号、目录、打包文件或 latest（默认）。多个运行合并显示：每台机器一列，
以其芯片命名。读取时校验各日志的哈希链。`),
		Example: "  xcmatrix show\n  xcmatrix show latest --json\n  xcmatrix show kunpeng.xcr phytium.xcr --as east=kunpeng.xcr\n  xcmatrix show latest --format md",
		RunE: func(_ *cobra.Command, args []string) error {
			defer collectLate()()
			run, found, problems, err := a.judged(args, o.as)
			if err != nil {
				return err
			}
			if err := a.showRun(run, found, o); err != nil {
				return err
			}
			return a.printProblems(problems)
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "text", a.say("text, speed for benchmarks in full, md, csv, junit, or bench for benchstat",
		"text、speed（完整基准测试）、md、csv、junit，或供 benchstat 使用的 bench"))
	a.asFlag(cmd, &o.as)
	return cmd
}

// find returns the directory or the pack of the run that the arguments name; the latest if they name none.
func (a *app) find(args []string) (string, error) {
	ref := "latest"
	if len(args) > 0 {
		ref = args[0]
	}
	return store.Find(a.runs, ref)
}

// refs name the runs that a run was put together from, as they can be named again.
func (a *app) refs(run *store.Run) string {
	if len(run.Parts) == 0 {
		return a.ref(run)
	}
	var all []string
	for _, part := range run.Parts {
		all = append(all, a.ref(part))
	}
	return strings.Join(all, " ")
}

// ref returns the name by which a command finds a run again: its id if that is enough, else its path.
func (a *app) ref(run *store.Run) string {
	if path, err := store.Find(a.runs, run.Manifest.Run); err == nil && path == run.Dir {
		return run.Manifest.Run
	}
	return triage.Quoted(run.Dir)
}

// judge applies the waivers to a run in memory, and returns its findings with their classes.
func (a *app) judge(run *store.Run) (triage.Result, error) {
	list, _, err := a.waiverList()
	if err != nil {
		return triage.Result{}, err
	}
	return triage.Apply(run, list, time.Now()), nil
}

// waiverList returns the waivers, and the text of their file.
func (a *app) waiverList() (waiver.List, []byte, error) {
	if a.waivers == "" {
		list, err := matrix.Waivers()
		return list, matrix.WaiversText(), err
	}
	text, err := regular.ReadNamed(a.waivers, regular.MaxText)
	if err != nil {
		return nil, nil, err
	}
	list, err := waiver.Parse(a.waivers, text)
	return list, text, err
}

func (a *app) showRun(run *store.Run, found triage.Result, o showOptions) error {
	make := render.Summary
	if a.json || o.format == "junit" {
		make = render.New
	}
	report := make(run, found.Findings, a.lang)
	if !a.json && (o.format == "text" || o.format == "speed") {
		for n, spec := range report.Specs {
			report.Specs[n].Detail, report.Specs[n].Remedy = a.hints(spec.Detail), a.hints(spec.Remedy)
		}
	}
	switch {
	case a.json:
		return a.printJSON(report)
	case o.format == "junit":
		return report.JUnit(a.out)
	case o.format == "bench":
		return series.WriteRun(a.out, run)
	case o.format == "speed":
		style := a.style(render.Text)
		style.Beside = true
		return report.Tables(a.out, style)
	case o.format == "md" || o.format == "csv":
		return report.Tables(a.out, a.style(render.Format(o.format)))
	case o.format != "text":
		return record.Wrongf("--format", "%q is none of text, speed, md, csv, junit, bench", "%q 不是 text、speed、md、csv、junit、bench 之一", o.format)
	}
	if err := report.Tables(a.out, a.style(render.Text)); err != nil {
		return err
	}
	a.conclude(run, found, o.packed)
	return nil
}

// conclude is the end of what a run prints: what differs between targets, what is new, and, unless the run's directory is about to
// be removed, where to go next.
func (a *app) conclude(run *store.Run, found triage.Result, removed bool) {
	differs := map[triage.Class]int{}
	known := 0
	for _, f := range found.Findings {
		if f.Class != triage.Environment && f.Class != triage.Library {
			differs[f.Class]++
		}
		if f.Waiver != "" {
			known++
		}
	}
	var classes []string
	for _, c := range triage.Classes {
		if differs[c] > 0 {
			classes = append(classes, fmt.Sprint(differs[c], " ", render.ClassName(c).In(a.lang)))
		}
	}
	if len(classes) == 0 {
		classes = append(classes, a.say("nothing between the targets", "各目标之间没有差异"))
	}
	printf(a.out, a.say("Differs: %s\nNew:     %d "+findingsWord(found.New())+"; %d are known\n", "差异：    %s\n新问题：  %d 个；已知 %d 个\n"),
		strings.Join(classes, a.say(", ", "，")), found.New(), known)
	if removed {
		return
	}
	next := "show " + a.refs(run) + " --json"
	if found.New() > 0 {
		next = "findings " + a.refs(run)
	}
	where := run.Dir
	if len(run.Parts) > 0 {
		where = fmt.Sprintf(a.say("%d runs", "%d 次运行"), len(run.Parts))
	} else if run.Seal == nil && store.Look(run.Dir) == nil {
		next = "run --resume " + a.ref(run)
	}
	printf(a.out, a.say("Results: %s\nNext:    %s\n", "结果目录：%s\n下一步：  %s\n"), where, a.commandLine(next))
}

// self returns the command by which the user calls this program: "go run ." if go run has built it.
func self() string {
	if exe, err := os.Executable(); err == nil && strings.Contains(exe, string(filepath.Separator)+"go-build") {
		return "go run ."
	}
	return os.Args[0]
}
