package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

type findingsOptions struct {
	classes, suites []string
	as              []string
	fresh, known    bool // only new ones; known ones in full
}

func (a *app) findingsCommand() *cobra.Command {
	var o findingsOptions
	cmd := &cobra.Command{
		Use:   "findings [RUN...]",
		Short: a.say("say whose fault each finding is, why, and how to see it again", "说明每个问题的归属、理由和复现方法"),
		Long: a.say(`Prints the findings of runs: new ones first, then what could not be checked, and last how many are known, by subject.
--known prints these in full too. Several runs are judged as one: a defect on one chip among five is that platform's.`,
			`显示运行的问题：先列新问题，再列无法检查的内容，最后按对象汇总已知问题；--known 会把已知问题也逐条列出。
多个运行合并判断：五种芯片中只在一种上出现的缺陷归为该平台。`),
		Example: "  xcmatrix findings\n  xcmatrix findings --new\n  xcmatrix findings latest --class platform --suite crypto\n  xcmatrix findings latest --json",
		RunE:    func(_ *cobra.Command, args []string) error { return a.findings(args, o) },
	}
	cmd.Flags().StringSliceVar(&o.classes, "class", nil, a.say("only these: library, platform, emulator, environment, flaky",
		"只显示这些类别：library、platform、emulator、environment、flaky"))
	cmd.Flags().BoolVar(&o.fresh, "new", false, a.say("only new ones: those that no waiver covers, without what could not be checked", "只显示新问题：没有豁免且不属于无法检查的"))
	cmd.Flags().BoolVar(&o.known, "known", false, a.say("known ones in full, not only how many", "逐条列出已知问题，而不只是数量"))
	cmd.Flags().StringSliceVar(&o.suites, "suite", nil, a.say("only these suites', as globs", "只显示这些套件的问题，可用通配符"))
	a.asFlag(cmd, &o.as)
	return cmd
}

// findings prints the findings of runs with their class. It is a report: findings are no error.
func (a *app) findings(args []string, o findingsOptions) error {
	for _, c := range o.classes {
		if !slices.Contains(triage.Classes, triage.Class(c)) {
			return record.Wrongf("--class", "%q is none of library, platform, emulator, environment, flaky",
				"%q 不是 library、platform、emulator、environment、flaky 之一", c)
		}
	}
	if o.fresh && o.known {
		return record.Wrongf("--new", "it does not go with --known: new findings are not known", "不能与 --known 同用：新问题不是已知问题")
	}
	defer collectLate()()
	run, result, problems, err := a.judged(args, o.as)
	if err != nil {
		return err
	}
	if err := a.printFindings(run, result, o); err != nil {
		return err
	}
	return a.printProblems(problems)
}

// printFindings prints those that are wanted.
func (a *app) printFindings(run *store.Run, result triage.Result, o findingsOptions) error {
	if err := matrix.CheckGlobs("--suite", o.suites, run.Manifest.Items); err != nil {
		return err
	}
	chosen := slices.DeleteFunc(result.Findings, func(f triage.Finding) bool {
		return o.fresh && !f.New() || len(o.classes) > 0 && !slices.Contains(o.classes, string(f.Class)) || len(o.suites) > 0 && !matrix.Named(o.suites, f.Item)
	})
	if a.json {
		return a.printJSON(map[string]any{"run": run.Manifest.Run, "findings": append([]triage.Finding{}, chosen...)})
	}
	var known []triage.Finding
	for _, f := range chosen {
		if f.Waiver != "" && !o.known {
			known = append(known, f)
			continue
		}
		a.printFinding(f)
	}
	switch {
	case len(chosen) == 0 && o.fresh:
		printf(a.out, "%s\n", a.say("no new findings", "没有新问题"))
		return nil
	case len(chosen) == 0:
		printf(a.out, "%s\n", a.say("no findings", "没有问题"))
	}
	if !o.fresh {
		a.printKnown(known, a.refs(run))
		a.printWaivers(result, run.Manifest.Items)
	}
	return nil
}

// printKnown prints one table of all known findings, and the command that prints them one by one.
func (a *app) printKnown(known []triage.Finding, run string) {
	if len(known) == 0 {
		return
	}
	title := fmt.Sprintf(a.say("%d known findings, which waivers cover; in full: %s", "%d 个已知问题（已豁免）；逐条列出：%s"),
		len(known), a.commandLine("findings "+run+" --known"))
	a.style(render.Text).Known(a.out, title, known)
}

func (a *app) printFinding(f triage.Finding) {
	line := func(en, zh, text string) {
		if text != "" {
			printf(a.out, "  %-10s %s\n", a.say(en, zh), render.Plain(text, 400))
		}
	}
	printf(a.out, "%s  %s  %s\n", render.ClassName(f.Class).In(a.lang), render.SeverityName(f.Severity).In(a.lang), render.Plain(f.ID, 200))
	line("subject", "对象", strings.TrimSpace(f.Subject+" "+f.Version))
	line("why", "理由", f.Why.In(a.lang))
	line("evidence", "证据", firstLine(f.Evidence))
	line("clause", "条款", f.Clause)
	line("waived by", "豁免", f.Waiver)
	line("again", "复现", strings.TrimSpace(f.Command()+" "+a.givenFlags()))
	printf(a.out, "\n")
}

// printWaivers prints the waivers that have expired or are no longer needed, and how many waivers of the items were not
// used.
func (a *app) printWaivers(r triage.Result, items []string) {
	var unused []waiver.Used
	for _, w := range r.Waivers.Waivers {
		switch {
		case w.Expired:
			printf(a.out, a.say("%s: the waiver of %s expired on %s\n", "%s：%s 的豁免已于 %s 到期\n"), w.Place, w.Finding, w.LastDay())
		case w.Needless():
			printf(a.out, a.say("%s: the waiver of %s is no longer needed: fixed\n", "%s：%s 的豁免不再需要：已修复\n"), w.Place, w.Finding)
		case w.Unused() && slices.Contains(items, strings.SplitN(w.Finding, "/", 2)[0]):
			unused = append(unused, w)
		}
	}
	if len(unused) > 0 {
		printf(a.out, a.say("%d waivers were not used in this run, the first of them %s: %s\n",
			"本次运行有 %d 条豁免未被用到，第一条在 %s：%s\n"), len(unused), unused[0].Place, unused[0].Finding)
	}
}

// findingsWord is the English word for n findings.
func findingsWord(n int) string {
	if n == 1 {
		return "finding"
	}
	return "findings"
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
