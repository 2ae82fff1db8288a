package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

type findingsOptions struct{ classes, suites []string }

func (a *app) findingsCommand() *cobra.Command {
	var o findingsOptions
	cmd := &cobra.Command{
		Use:     "findings [RUN]",
		Short:   a.say("say whose fault each finding is, why, and how to see it again", "说明每个发现的归属、理由和复现方法"),
		Example: "  xcmatrix findings\n  xcmatrix findings latest --class platform --suite crypto\n  xcmatrix findings latest --json",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.findings(args, o) },
	}
	cmd.Flags().StringSliceVar(&o.classes, "class", nil, a.say("only these: library, platform, emulator, environment, flaky",
		"只显示这些类别：library、platform、emulator、environment、flaky"))
	cmd.Flags().StringSliceVar(&o.suites, "suite", nil, a.say("only these suites', as globs", "只显示这些套件的发现，可用通配符"))
	return cmd
}

// findings prints what triage says of a run. It is a report, not a check: it ends with 0.
func (a *app) findings(args []string, o findingsOptions) error {
	for _, c := range o.classes {
		if !slices.Contains(triage.Classes, triage.Class(c)) {
			return record.Wrongf("--class", "%q is none of library, platform, emulator, environment, flaky",
				"%q 不是 library、platform、emulator、environment、flaky 之一", c)
		}
	}
	run, result, err := a.judged(args)
	if err != nil {
		return err
	}
	if err := matrix.CheckGlobs("--suite", o.suites, run.Manifest.Items); err != nil {
		return err
	}
	chosen := slices.DeleteFunc(result.Findings, func(f triage.Finding) bool {
		return len(o.classes) > 0 && !slices.Contains(o.classes, string(f.Class)) || len(o.suites) > 0 && !matrix.Named(o.suites, f.Item)
	})
	if a.json {
		return a.printJSON(map[string]any{"run": run.Manifest.Run, "findings": append([]triage.Finding{}, chosen...)})
	}
	for _, f := range chosen {
		a.printFinding(f)
	}
	if len(chosen) == 0 {
		fmt.Fprintln(a.out, a.say("no findings", "没有发现"))
	}
	a.printWaivers(result, run.Manifest.Items)
	return nil
}

func (a *app) printFinding(f triage.Finding) {
	line := func(en, zh, text string) {
		if text != "" {
			fmt.Fprintf(a.out, "  %-10s %s\n", a.say(en, zh), render.Plain(text, 400))
		}
	}
	fmt.Fprintf(a.out, "%s  %s  %s\n", f.Class, f.Severity, render.Plain(f.ID, 200))
	line("subject", "对象", strings.TrimSpace(f.Subject+" "+f.Version))
	line("why", "理由", f.Why.In(a.lang))
	line("evidence", "证据", firstLine(f.Evidence))
	line("clause", "条款", f.Clause)
	line("waived by", "豁免", f.Waiver)
	line("again", "复现", f.Command())
	fmt.Fprintln(a.out)
}

// printWaivers tells which waivers may go, and which have gone; of those that a run of these items did not need, how many.
func (a *app) printWaivers(r triage.Result, items []string) {
	var unused []waiver.Used
	for _, w := range r.Waivers.Waivers {
		switch {
		case w.Expired:
			fmt.Fprintf(a.out, a.say("%s: the waiver of %s expired on %s\n", "%s：%s 的豁免已于 %s 到期\n"), w.Place, w.Finding, w.LastDay())
		case w.Fixed > 0 && w.Known == 0:
			fmt.Fprintf(a.out, a.say("%s: the waiver of %s is no longer needed: fixed\n", "%s：%s 的豁免不再需要：已修复\n"), w.Place, w.Finding)
		case w.Unused() && slices.Contains(items, strings.SplitN(w.Finding, "/", 2)[0]):
			unused = append(unused, w)
		}
	}
	if len(unused) > 0 {
		fmt.Fprintf(a.out, a.say("%d waivers were not used in this run, the first of them %s: %s\n",
			"本次运行有 %d 条豁免未被用到，第一条在 %s：%s\n"), len(unused), unused[0].Place, unused[0].Finding)
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
