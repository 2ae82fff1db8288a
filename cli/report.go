package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/report"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

type reportOptions struct {
	out, reference string
	as             []string
}

func (a *app) reportCommand() *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report [RUN...]",
		Short: a.say("write one page and one workbook of runs, for the person who decides", "将多次运行汇总为一个网页和一个工作簿，供决策者阅读"),
		Long: a.say(`Writes report.html, one file without script or remote parts in both languages, and report.xlsx: verdicts on each machine,
what differs and whose fault it is, speed against a reference with intervals, the machines, and what was not looked at and
why.`,
			`写出 report.html（单个文件，无脚本、无外部资源，中英双语）和 report.xlsx：各机器的结论、差异及其归属、
相对基准的性能及区间、机器信息，以及未检查的内容和原因。`),
		Example: "  xcmatrix report kunpeng.xcr phytium.xcr 3a6000.xcr --out report\n  xcmatrix report latest --out report --reference native",
		RunE:    func(_ *cobra.Command, args []string) error { return a.report(args, o) },
	}
	cmd.Flags().StringVar(&o.out, "out", "", a.say("directory for both files", "两个文件的输出目录"))
	cmd.Flags().StringVar(&o.reference, "reference", "", a.say("machine that the others' speed is held against (default: the first)", "性能比较的基准机器（默认为第一台）"))
	a.asFlag(cmd, &o.as)
	return cmd
}

func (a *app) report(args []string, o reportOptions) error {
	if o.out == "" {
		return record.Wrongf("--out", "name a directory for the report: --out report", "请指定报告的输出目录：--out report")
	}
	page, workbook := filepath.Join(o.out, "report.html"), filepath.Join(o.out, "report.xlsx")
	for _, path := range []string{page, workbook} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return record.Wrongf(path, "it is there already: remove it, or name another --out", "已存在：请移除或用 --out 指定其他目录")
		}
	}
	defer collectLate()()
	run, found, problems, err := a.judged(args, o.as)
	if err != nil {
		return err
	}
	r, err := report.Make(run, found, report.Options{Names: itemSentence, Reference: o.reference, Damaged: problems})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return record.Wrongf(o.out, "cannot be written: %v", "无法写入：%v", err)
	}
	if err = temporary.Whole(page, func(w io.Writer) error { return r.HTML(w, a.lang) }); err == nil {
		if err = temporary.Whole(workbook, func(w io.Writer) error { return r.Workbook(w, a.lang) }); err != nil {
			err = errors.Join(err, os.Remove(page)) // both or none
		}
	}
	if err != nil {
		return record.Wrongf(o.out, "cannot be written: %v", "无法写入：%v", err)
	}
	if a.json {
		err = a.printJSON(map[string]any{"html": page, "xlsx": workbook, "new": len(r.Open), "known": len(r.Known), "targets": len(r.Targets)})
	} else {
		printf(a.out, "%s\n%s\n", page, workbook)
	}
	return errors.Join(err, a.printProblems(problems))
}
