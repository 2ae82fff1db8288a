// Package pdf writes a certificate as PDF, with a font that is installed on the machine.
package pdf

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// Sizes in millimetres, and in points for letters.
const (
	margin = 16.0
	width  = 210 - 2*margin
	small  = 8.5
	family = "body"
)

// maxRows is the largest number of rows of a table of defects; the journal has all.
const maxRows = 400

// maxText is the length, in characters, to which a text of another machine is cut.
const maxText = 300

// paper is a PDF that is being written.
type paper struct {
	*fpdf.Fpdf
	font *Font
	lang string
}

// Write writes the certificate as PDF in a language ("zh" or "en"). The same document gives the same bytes.
func Write(w io.Writer, d document.Document, font *Font, lang string) error {
	p := &paper{Fpdf: fpdf.New("P", "mm", "A4", ""), font: font, lang: lang}
	p.AddUTF8FontFromBytes(family, "", font.data)
	p.SetCatalogSort(true)
	p.SetCreationDate(d.Claim.Issued)
	p.SetModificationDate(d.Claim.Issued)
	p.SetProducer(fmt.Sprintf("xcmatrix pages %d", d.Claim.Pages.Version), true)
	p.SetTitle(d.Claim.Title().In(p.lang)+" "+p.clean(d.Claim.No()), true)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, margin+4)
	p.AliasNbPages("")
	p.SetFooterFunc(func() { p.footer(d) })
	p.AddPage()
	p.front(d.Front(), d.Claim.Level)
	p.AddPage()
	p.annex(d)
	p.rules(d)
	p.items(d)
	p.findings(d)
	p.machine(d)
	p.signature(d)
	return p.Output(w)
}

func (p *paper) say(en, zh string) string { return record.Say(en, zh).In(p.lang) }

// clean returns text cut to maxText, with the characters replaced that the font does not have.
func (p *paper) clean(text string) string {
	return p.font.Text(render.Plain(strings.TrimSpace(text), maxText))
}

// ink sets size in points and colour of the letters.
func (p *paper) ink(size float64, red, green, blue int) {
	p.SetFont(family, "", size)
	p.SetTextColor(red, green, blue)
}

// footer writes the footer of a page: the claim's digest and the page number.
func (p *paper) footer(d document.Document) {
	p.SetY(-margin)
	p.ink(7.5, 90, 98, 110)
	p.CellFormat(width-30, 5, p.clean(d.Digest), "", 0, "L", false, 0, "")
	p.CellFormat(30, 5, fmt.Sprintf("%d / {nb}", p.PageNo()), "", 0, "R", false, 0, "")
}

// heading writes the heading of a section.
func (p *paper) heading(en, zh string) {
	if p.GetY() > 250 {
		p.AddPage()
	}
	p.Ln(4)
	p.ink(12.5, 20, 24, 30)
	p.CellFormat(width, 7, p.say(en, zh), "B", 1, "L", false, 0, "")
	p.Ln(1.5)
}

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

// pairs writes names and values, one pair a line.
func (p *paper) pairs(list [][2]string) {
	for _, kv := range list {
		if strings.TrimSpace(kv[1]) != "" {
			p.row([]float64{46, width - 46}, []string{kv[0], kv[1]}, false)
		}
	}
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

// signature writes the section for readers on paper: who signed, with which key, and the text that the QR code must have.
func (p *paper) signature(d document.Document) {
	const side = 36.0
	if p.GetY() > 297-margin-side-40 {
		p.AddPage()
	}
	p.heading("Signature", "签名")
	top := p.GetY()
	p.qr(document.Code(d.Claim, d.Digest), 210-margin-side, top, side)
	text := width - side - 6
	for _, kv := range [][2]string{
		{p.say("signer", "签发者"), fmt.Sprintf(p.say("%s (root: %s)", "%s（根：%s）"), d.Claim.Signer, d.Root)},
		{p.say("key (SM2)", "SM2 公钥指纹"), d.Key},
		{p.say("claim digest", "证书摘要（SM3）"), d.Digest},
		{p.say("journal", "日志"), fmt.Sprintf(p.say("%d entries, sm3:%s", "%d 条，sm3:%s"), d.Claim.Journal.Entries, d.Claim.Journal.Head)},
		{p.say("verify", "验证"), "xcmatrix verify . --root root.pem --claim " + d.Digest},
	} {
		p.row([]float64{30, text - 30}, []string{kv[0], kv[1]}, false)
	}
	p.SetY(max(p.GetY(), top+side+2))
}

// qr draws a QR code of text as squares; x, y and side are in millimetres.
func (p *paper) qr(text string, x, y, side float64) {
	bits, err := document.QR(text)
	if err != nil {
		p.SetError(err)
		return
	}
	unit := side / float64(len(bits))
	p.SetFillColor(0, 0, 0)
	for i, line := range bits {
		for j, dark := range line {
			if dark {
				p.Rect(x+float64(j)*unit, y+float64(i)*unit, unit, unit, "F")
			}
		}
	}
}

// row writes one row of a table, as high as its highest cell.
func (p *paper) row(widths []float64, texts []string, head bool) {
	const line, pad = 4.3, 1.0
	p.ink(small, 20, 24, 30)
	if head {
		p.ink(small, 90, 98, 110)
	}
	cells := make([][]string, len(texts))
	lines := 1
	for i, t := range texts {
		cells[i] = p.lines(t, widths[i]-2*pad, maxText)
		lines = max(lines, len(cells[i]))
	}
	height := float64(lines)*line + 1.2
	if p.GetY()+height > 297-margin-6 {
		p.AddPage()
	}
	x, y := p.GetX(), p.GetY()
	for i, cell := range cells {
		for j, text := range cell {
			p.SetXY(x+pad, y+0.6+float64(j)*line)
			p.CellFormat(widths[i]-2*pad, line, text, "", 0, "L", false, 0, "")
		}
		x += widths[i]
	}
	p.SetDrawColor(213, 218, 224)
	p.Line(margin, y+height, x, y+height)
	p.SetXY(margin, y+height)
}
