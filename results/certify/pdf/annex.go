package pdf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// annex begins the pages of evidence: what the level rests on, and what was tested.
func (p *paper) annex(d document.Document) {
	c := d.Claim
	p.ink(15, 20, 24, 30)
	p.CellFormat(width, 9, p.say("Annex: evidence", "附录：检测证据"), "", 1, "L", false, 0, "")
	p.ink(small, 20, 24, 30)
	for _, line := range p.lines(c.Sentence().In(p.lang), width, 10*maxText) {
		p.CellFormat(width, 4.6, line, "", 1, "L", false, 0, "")
	}
	p.Ln(2)
	p.pairs([][2]string{
		{p.say("results are", "结果来源"), document.Provenance(c).In(p.lang)},
		{p.say("run", "运行"), c.Run},
		{p.say("issued", "签发时间"), document.Time(c.Issued).In(p.lang)},
		{p.say("signer", "签发者"), c.Signer},
	})
	p.sample(d)
}

// sample prints what was tested of a module, and which of its tests did not apply.
func (p *paper) sample(d document.Document) {
	b := d.Sample()
	if len(b.Fields) == 0 {
		return
	}
	p.heading(b.Title.En, b.Title.In("zh"))
	var list [][2]string
	for _, f := range b.Fields {
		list = append(list, [2]string{f.Name.In(p.lang), f.Value.In(p.lang)})
	}
	p.pairs(list)
	if len(d.Skipped) == 0 {
		return
	}
	p.heading("Tests that did not apply", "不适用而跳过的测试")
	widths := []float64{width - 110, 92, 18}
	p.row(widths, []string{p.say("reason", "原因"), p.say("first test", "首个测试"), p.say("tests", "数量")}, true)
	for i, t := range d.Skipped {
		if i == maxRows {
			p.more(len(d.Skipped) - maxRows)
			break
		}
		p.row(widths, []string{t.Detail.In(p.lang), t.Spec, fmt.Sprint(t.Specs)}, false)
	}
}

// more says how many rows a table leaves out.
func (p *paper) more(n int) {
	p.row([]float64{width}, []string{fmt.Sprintf(p.say("and %d more, in the journal", "另有 %d 条，见日志"), n)}, false)
}

// rules writes the table of the profile's rules.
func (p *paper) rules(d document.Document) {
	p.heading("Rules", "规则")
	widths := []float64{10, 50, 19, 18, 19, width - 116}
	p.row(widths, []string{"", p.say("rule", "规则"), p.say("met", "达标"), p.say("value", "实测值"), p.say("objective", "要求"), p.say("evidence", "判定依据")}, true)
	for i, o := range d.Claim.Rules {
		met := p.say("not met", "未达标")
		switch {
		case o.Inherited:
			met = p.say("inherited", "继承")
		case o.Met:
			met = p.say("met", "达标")
		}
		p.row(widths, []string{string(o.Level), d.Profile.Rules[i].Title.In(p.lang), met, document.Bound(o.Value), document.Bound(o.Objective), o.Evidence.In(p.lang)}, false)
	}
}

// items writes the table of verdicts by item.
func (p *paper) items(d document.Document) {
	p.heading("Items", "检测项目")
	widths := []float64{60, width - 60}
	p.row(widths, []string{p.say("item", "检测项目"), p.say("verdicts", "结论")}, true)
	for _, i := range d.Items {
		var words []string
		for _, v := range record.Verdicts {
			if n := i.Verdicts[v]; n > 0 {
				words = append(words, fmt.Sprintf("%d %s", n, render.VerdictName(v).In(p.lang)))
			}
		}
		p.row(widths, []string{i.Name.In(p.lang), strings.Join(words, ", ")}, false)
	}
}

// findings writes the new findings in full, and of the others the number for each subject.
func (p *paper) findings(d document.Document) {
	p.heading("Findings", "问题清单")
	fresh, others := d.New(), d.Others()
	if len(fresh) == 0 {
		p.row([]float64{width}, []string{p.say("No new ones.", "没有新问题。")}, false)
	} else {
		p.defects(fresh)
	}
	if len(others) == 0 {
		return
	}
	widths := []float64{54, 25, width - 99, 20}
	p.row(widths, []string{p.say("others, by subject", "其他问题（按对象）"), p.say("class", "类别"), p.say("waived", "已豁免"), p.say("findings", "数量")}, true)
	for _, g := range bySubject(others) {
		waived := p.say("no: it could not be checked", "否：无法检查")
		if g.waived {
			waived = p.say("yes", "是")
		}
		p.row(widths, []string{g.item + ": " + g.subject, render.ClassName(g.class).In(p.lang), waived, fmt.Sprint(g.n)}, false)
	}
}

// subjectFindings counts the findings of one subject.
type subjectFindings struct {
	item, subject string
	class         triage.Class
	waived        bool
	n             int
}

// bySubject counts findings by subject, in the order of the list.
func bySubject(list []triage.Finding) (all []*subjectFindings) {
	for _, f := range list {
		g := subjectFindings{item: f.Item, subject: f.Subject, class: f.Class, waived: f.Waiver != ""}
		i := slices.IndexFunc(all, func(k *subjectFindings) bool {
			return k.item == g.item && k.subject == g.subject && k.class == g.class && k.waived == g.waived
		})
		if i < 0 {
			i, all = len(all), append(all, &g)
		}
		all[i].n++
	}
	return all
}

// defects writes a table of findings.
func (p *paper) defects(list []triage.Finding) {
	widths := []float64{54, 18, 25, width - 97}
	p.row(widths, []string{p.say("finding", "问题"), p.say("severity", "严重度"), p.say("class", "类别"), p.say("why", "理由")}, true)
	for i, f := range list {
		if i == maxRows {
			p.more(len(list) - maxRows)
			return
		}
		p.row(widths, []string{f.ID, render.SeverityName(f.Severity).In(p.lang), render.ClassName(f.Class).In(p.lang), f.Why.In(p.lang)}, false)
	}
}

// machine writes what is known of the machine.
func (p *paper) machine(d document.Document) {
	p.heading("Machine", "机器")
	c := d.Claim
	list := [][2]string{
		{p.say("declared", "申报平台"), strings.Join([]string{c.Target.Chip, c.Target.System, c.Target.GOOS + "/" + c.Target.GOARCH}, " ")},
		{p.say("launcher", "运行方式"), strings.TrimSpace(strings.Join([]string{c.Launcher.Name, c.Launcher.Version, c.Launcher.CPU, c.Launcher.World}, " "))},
		{p.say("payload", "测试程序"), strings.Join(c.Payloads, " ")},
	}
	if m := c.Machine; m != nil {
		list = append(list, [][2]string{
			{p.say("chip", "芯片"), m.Chip + " " + m.Model},
			{p.say("cores, sockets, NUMA nodes", "核数、路数、NUMA 节点"), fmt.Sprintf("%d, %d, %d", m.Cores, m.Sockets, m.NUMA)},
			{p.say("memory", "内存"), fmt.Sprintf("%.1f GiB", float64(m.Memory)/(1<<30))},
			{p.say("page size", "页大小"), fmt.Sprintf("%d B", m.PageSize)},
			{p.say("system", "操作系统"), m.System + " " + m.OSRelease.PrettyName},
			{p.say("kernel", "内核"), m.Kernel},
			{"libc", m.Libc},
			{p.say("firmware, microcode", "固件、微码"), m.Firmware + " " + m.Microcode},
			{"Go", m.Runtime().In(p.lang)},
		}...)
	}
	p.pairs(list)
}
