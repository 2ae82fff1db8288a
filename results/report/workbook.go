package report

import (
	"io"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/sheet"
	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// Workbook writes the report as a workbook (xlsx) in a language ("zh" or "en").
func (r Report) Workbook(w io.Writer, lang string) error {
	say := func(en, zh string) string { return record.Say(en, zh).In(lang) }
	tables := []sheet.Table{r.verdictSheet(say, lang), r.findingSheet(say, lang), r.speedSheet(say, lang), r.machineSheet(say, lang), r.unseenSheet(say, lang)}
	if len(r.Pairings) > 0 {
		tables = append(tables, r.pairingSheet(say, lang))
	}
	return sheet.Write(w, tables)
}

type sayer func(en, zh string) string

func (r Report) verdictSheet(say sayer, lang string) sheet.Table {
	t := sheet.Table{Name: say("verdicts", "结论"), Widths: []float64{24, 28}, Rows: [][]any{{say("item", "检测项目"), say("machine", "机器")}}}
	for _, v := range record.Verdicts {
		t.Rows[0] = append(t.Rows[0], render.VerdictName(v).In(lang))
		t.Widths = append(t.Widths, 9)
	}
	t.Rows[0] = append(t.Rows[0], say("not planned", "未计划"))
	for _, i := range r.Items {
		for _, c := range i.Counts {
			row := []any{i.Name.In(lang), c.Target}
			for _, v := range record.Verdicts {
				row = append(row, c.Verdicts[v])
			}
			t.Rows = append(t.Rows, append(row, c.NotPlanned))
		}
	}
	t.Rows = append(t.Rows, []any{}, []any{summary(r).In(lang)})
	for _, s := range append(append([]record.Sentence{}, r.Differ...), r.Damaged...) {
		t.Rows = append(t.Rows, []any{s.In(lang)})
	}
	return t
}

func (r Report) findingSheet(say sayer, lang string) sheet.Table {
	t := sheet.Table{Name: say("findings", "问题清单"), Widths: []float64{50, 10, 12, 24, 36, 60, 60, 30}, Rows: [][]any{{say("finding", "问题"), say("severity", "严重度"),
		say("class", "类别"), say("subject", "对象"), say("machines", "机器"), say("why", "理由"), say("evidence", "证据"), say("waiver", "豁免")}}}
	for _, f := range r.Findings {
		t.Rows = append(t.Rows, []any{f.ID, render.SeverityName(f.Severity).In(lang), render.ClassName(f.Class).In(lang), strings.TrimSpace(f.Subject + " " + f.Version),
			strings.Join(f.Targets, " "), f.Why.In(lang), f.Evidence, f.Waiver})
	}
	return t
}

// speedSheet returns a sheet with a row for each benchmark and machine, which a spreadsheet program can sort.
func (r Report) speedSheet(say sayer, lang string) sheet.Table {
	t := sheet.Table{Name: say("speed", "性能"), Widths: []float64{44, 12, 24, 14, 14, 12, 12, 12, 18, 40}, Rows: [][]any{{say("benchmark", "基准测试"), say("unit", "单位"),
		say("machine", "机器"), say("median", "中位数"), say("reference's", "基准中位数"), say("times the reference (more is better)", "相对基准（越大越好）"), say("low", "下限"),
		say("high", "上限"), say("verdict", "结论"), say("why", "原因")}}}
	for _, row := range r.Speed.Rows {
		t.Rows = append(t.Rows, []any{row.Name, row.Unit, r.Speed.Reference, row.Median, row.Median, 1, 1, 1, say("reference", "基准"), ""})
		for _, a := range row.Against {
			if a.Verdict == "" {
				continue
			}
			f := factorOf(a)
			why := ""
			if a.Why != nil {
				why = a.Why.In(lang)
			}
			t.Rows = append(t.Rows, []any{row.Name, row.Unit, a.Target, number(a.Median), number(a.Reference), known(f, f.Value), known(f, f.Low), known(f, f.High),
				verdictOf(a.Verdict).In(lang), why})
		}
	}
	return t
}

// number returns a number, or nil for a blank cell if it is unknown.
func number(n compare.Number) any {
	if !n.Known() {
		return ""
	}
	return float64(n)
}

// known returns v, or nil for a blank cell if the factor is unknown.
func known(f factor, v float64) any {
	if !f.Known() {
		return ""
	}
	return v
}

func (r Report) machineSheet(say sayer, lang string) sheet.Table {
	t := sheet.Table{Name: say("machines", "机器"), Widths: []float64{26, 22, 12, 22, 30, 24, 24, 20, 10, 14, 10, 12, 24}, Rows: [][]any{{say("machine", "机器"), say("chip", "芯片"),
		say("results are", "结果来源"), say("launcher", "运行方式"), say("model", "型号"), say("system", "操作系统"), say("kernel", "内核"), say("firmware", "固件"), say("processors", "处理器"),
		say("memory (GiB)", "内存（GiB）"), say("page", "页大小"), say("governor", "调频策略"), say("run", "运行")}}}
	for _, m := range r.Machines {
		row := []any{m.ID, m.Chip, render.ProvenanceName(m.Provenance).In(lang), machineLine(m.Launcher.Name, m.Launcher.Version, m.Launcher.CPU)}
		if p := m.Machine; p != nil {
			row = append(row, p.Model, machineLine(p.System, p.OSRelease.PrettyName), p.Kernel, machineLine(p.Firmware, p.Microcode), p.Cores,
				float64(p.Memory)/(1<<30), p.PageSize, p.Governor)
		} else {
			row = append(row, "", "", "", "", "", "", "", "")
		}
		t.Rows = append(t.Rows, append(row, m.Run))
	}
	return t
}

func (r Report) unseenSheet(say sayer, lang string) sheet.Table {
	t := sheet.Table{Name: say("not looked at", "未检查"), Widths: []float64{22, 9, 14, 40, 80, 60}, Rows: [][]any{{say("what", "内容"), say("how many", "数量"), say("item", "检测项目"),
		say("machines", "机器"), say("why", "原因"), say("remedy", "对策")}}}
	for _, u := range r.Unseen {
		t.Rows = append(t.Rows, []any{u.What.In(lang), u.Count, u.Item, strings.Join(u.Targets, " "), u.Why.In(lang), u.Remedy.In(lang)})
	}
	return t
}
