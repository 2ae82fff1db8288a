package sheet

import (
	"fmt"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// tables returns the sheets of a certificate's workbook.
func tables(d document.Document, specs []render.SpecRow, lang string) []table {
	say := speak(lang)
	return []table{front(d, say, lang), summary(d, say, lang), rules(d, say, lang), findings(d, say, lang), benchmarks(d, say, lang), details(specs, say, lang)}
}

// front is the first page: a line for each of its fields, in the reader's language and in the other.
func front(d document.Document, say say, lang string) table {
	f := d.Front()
	t := table{name: say("certificate", "证书"), widths: []float64{30, 62}, rows: [][]any{{f.Title.In(lang), f.Number}}}
	for _, b := range f.Blocks {
		t.rows = append(t.rows, []any{b.Title.In(lang)})
		for _, field := range b.Fields {
			value := field.Value.In(lang)
			if field.Both && field.Value.Zh != "" && field.Value.Zh != field.Value.En {
				value = field.Value.Zh + " / " + field.Value.En
			}
			t.rows = append(t.rows, []any{field.Name.In(lang), value})
		}
	}
	t.rows = append(t.rows, []any{say("Conclusion", "检测结论")}, []any{say("level", "级别"), f.Level.In(lang)},
		[]any{"中文", f.Conclusion.In("zh")}, []any{"English", f.Conclusion.En}, []any{say("limits", "适用范围"), f.Limits.In(lang)})
	for _, s := range f.Signatures {
		t.rows = append(t.rows, []any{s.In(lang), ""})
	}
	t.rows = append(t.rows, []any{f.Seal.In(lang), ""}, []any{say("QR code", "二维码"), f.Code})
	sample := d.Sample()
	if len(sample.Fields) > 0 {
		t.rows = append(t.rows, []any{sample.Title.In(lang)})
	}
	for _, field := range sample.Fields {
		t.rows = append(t.rows, []any{field.Name.In(lang), field.Value.In(lang)})
	}
	for _, x := range d.Skipped {
		t.rows = append(t.rows, []any{say("did not apply", "不适用"), fmt.Sprintf("%s (%d): %s", x.Spec, x.Specs, x.Detail.In(lang))})
	}
	return t
}

// summary returns the table with the certificate's facts and the verdicts of each item.
func summary(d document.Document, say say, lang string) table {
	c := d.Claim
	t := table{name: say("summary", "概要"), widths: []float64{28, 40}, rows: [][]any{
		{say(c.Title().En, c.Title().Zh), c.Target.ID},
		{say("level", "级别"), say(c.Level.Name().En, c.Level.Name().Zh)},
		{say("says", "说明"), say(c.Sentence().En, c.Sentence().Zh)},
		{say("profile", "认证方案"), say(c.Rulebook().En, c.Rulebook().Zh)},
		{say("provenance", "结果来源"), render.ProvenanceName(c.Provenance).In(lang)},
		{say("chip", "芯片"), chip(c.Machine, c.Target.Chip)},
		{say("architecture", "架构"), c.Target.GOARCH},
		{say("system", "操作系统"), system(c.Machine, c.Target.System)},
		{say("run", "运行"), c.Run},
		{say("issued", "签发时间"), document.Time(c.Issued).In(lang)},
		{say("signer", "签发者"), c.Signer},
		{say("claim digest", "证书摘要（SM3）"), d.Digest},
		{say("version of the pages", "页面版本"), c.Pages.Version},
	}}
	header := []any{say("item", "检测项目")}
	for _, v := range record.Verdicts {
		header = append(header, say(string(v), render.VerdictName(v).Zh))
		t.widths = append(t.widths, 9)
	}
	t.rows = append(t.rows, []any{}, header)
	for _, i := range d.Items {
		row := []any{say(i.Name.En, i.Name.In("zh"))}
		for _, v := range record.Verdicts {
			row = append(row, i.Verdicts[v])
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// chip returns the chip of a machine, or the declared one if the machine is unknown.
func chip(m *record.Machine, declared string) string {
	if declared != "" || m == nil {
		return declared
	}
	return strings.TrimSpace(m.Chip + " " + m.Model)
}

// system returns the system of a machine, or the declared one if the machine is unknown.
func system(m *record.Machine, declared string) string {
	if declared != "" || m == nil {
		return declared
	}
	return strings.TrimSpace(m.System + " " + m.OSRelease.PrettyName)
}

// rules returns the table of the profile's rules.
func rules(d document.Document, say say, lang string) table {
	t := table{name: say("rules", "规则"), widths: []float64{8, 26, 40, 10, 12, 12, 60, 24, 40}, rows: [][]any{{say("level", "级别"),
		say("rule", "规则"), say("title", "内容"), say("met", "达标"), say("value", "实测值"), say("objective", "要求"),
		say("evidence", "判定依据"), say("owner", "责任单位"), say("verification", "核验方式")}}}
	for i, o := range d.Claim.Rules {
		r := d.Profile.Rules[i]
		met := say("no", "否")
		if o.Met {
			met = say("yes", "是")
		}
		t.rows = append(t.rows, []any{string(o.Level), o.Rule, r.Title.In(lang), met, document.Bound(o.Value), document.Bound(o.Objective), o.Evidence.In(lang), document.Owner(r.Owner).In(lang), r.Verify.In(lang)})
	}
	return t
}

// findings returns the table of findings.
func findings(d document.Document, say say, lang string) table {
	t := table{name: say("findings", "问题清单"), widths: []float64{50, 12, 12, 24, 40, 60, 60, 24}, rows: [][]any{{say("finding", "问题"),
		say("severity", "严重度"), say("class", "类别"), say("subject", "对象"), say("targets", "目标"), say("why", "理由"),
		say("evidence", "证据"), say("waiver", "豁免")}}}
	for _, f := range d.Findings {
		t.rows = append(t.rows, []any{f.ID, render.SeverityName(f.Severity).In(lang), render.ClassName(f.Class).In(lang), strings.TrimSpace(f.Subject + " " + f.Version),
			strings.Join(f.Targets, " "), f.Why.In(lang), f.Evidence, f.Waiver})
	}
	return t
}

// benchmarks returns the table of benchmarks.
func benchmarks(d document.Document, say say, lang string) table {
	t := table{name: say("benchmarks", "基准测试"), widths: []float64{14, 40, 12, 20, 14, 14, 14, 10, 10, 12}, rows: [][]any{{say("item", "检测项目"),
		say("benchmark", "基准测试"), say("unit", "单位"), say("target", "目标"), say("median", "中位数"), say("low", "下限"),
		say("high", "上限"), say("rounds", "轮次"), say("samples", "样本"), say("provenance", "来源")}}}
	for _, c := range d.Charts {
		for _, b := range c.Bars {
			t.rows = append(t.rows, []any{c.Item, c.Name, c.Unit, b.Target, b.Median, bound(b.Low), bound(b.High), b.Rounds, b.Samples, render.ProvenanceName(b.Provenance).In(lang)})
		}
	}
	return t
}

// bound returns the end of an interval, or nil for a blank cell if the interval has no end, because a workbook has no
// infinity.
func bound(v float64) any {
	if v-v != 0 {
		return ""
	}
	return v
}

// details returns the table of all specs.
func details(specs []render.SpecRow, say say, lang string) table {
	t := table{name: say("specs", "检查项"), widths: []float64{14, 8, 70, 12, 14, 12, 70}, rows: [][]any{{say("item", "检测项目"),
		say("round", "轮次"), say("spec", "检查项"), say("verdict", "结论"), say("class", "类别"), say("seconds", "耗时（秒）"), say("detail", "详情")}}}
	for _, s := range specs {
		t.rows = append(t.rows, []any{s.Item, s.Round, s.ID, render.VerdictName(s.Verdict).In(lang), render.ClassName(triage.Class(s.Class)).In(lang), s.Seconds, s.Detail})
	}
	return t
}
