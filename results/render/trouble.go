package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// divided returns the findings that somebody has to look at, and those that a waiver covers. Findings on absent things
// are in neither list; trouble shows their specs.
func (r Report) divided() (open, waived []triage.Finding) {
	for _, f := range r.Findings {
		switch {
		case f.Class == triage.Environment:
		case f.Waiver != "":
			waived = append(waived, f)
		default:
			open = append(open, f)
		}
	}
	return open, waived
}

// open writes the table of findings that somebody has to look at.
func (s Style) open(out *strings.Builder, found []triage.Finding) {
	if len(found) == 0 {
		return
	}
	t := table.NewWriter()
	t.AppendHeader(table.Row{s.say("finding", "问题"), s.say("severity", "严重度"), s.say("class", "类别"),
		s.say("subject", "对象"), s.say("targets", "目标")})
	for _, f := range found {
		t.AppendRow(table.Row{s.cell(f.ID, 60), s.severity(f.Severity), s.class(f.Class), s.subject(f), s.cell(strings.Join(f.Targets, " "), 60)})
	}
	s.print(out, s.say("Findings", "问题清单"), t)
}

// known writes for each subject the number of findings that a waiver covers.
func (s Style) known(out *strings.Builder, waived []triage.Finding) {
	if len(waived) > 0 {
		s.print(out, s.say("Known findings (waived; `findings --known` lists them)", "已知问题（已豁免；用 `findings --known` 查看）"), s.waived(waived))
	}
}

// Known writes for each subject the number of known findings, under a title.
func (s Style) Known(w io.Writer, title string, known []triage.Finding) {
	var out strings.Builder
	s.print(&out, title, s.waived(known))
	fmt.Fprint(w, out.String())
}

var severityNames = map[record.Severity]string{record.Critical: "严重", record.High: "高", record.Medium: "中", record.Low: "低"}

// SeverityName returns the name of a severity for people.
func SeverityName(v record.Severity) record.Sentence { return record.Say(string(v), severityNames[v]) }

// severity returns the name of a severity in the style's language.
func (s Style) severity(v record.Severity) string { return SeverityName(v).In(s.Lang) }

var classNames = map[triage.Class]string{triage.Library: "库", triage.Platform: "平台", triage.Emulator: "模拟器",
	triage.Environment: "环境", triage.Flaky: "不稳定"}

// ClassName returns the name of a finding's class for people.
func ClassName(c triage.Class) record.Sentence { return record.Say(string(c), classNames[c]) }

// class returns the name of a class in the style's language.
func (s Style) class(c triage.Class) string { return ClassName(c).In(s.Lang) }

// subject returns the subject of a finding with its version.
func (s Style) subject(f triage.Finding) string {
	return s.cell(strings.TrimSpace(f.Subject+" "+f.Version), 40)
}

// waived counts findings by subject and severity.
func (s Style) waived(found []triage.Finding) table.Writer {
	type row struct{ item, subject, class string }
	var order []row
	count := map[row]map[record.Severity]int{}
	for _, f := range found {
		k := row{f.Item, s.subject(f), s.class(f.Class)}
		if count[k] == nil {
			order, count[k] = append(order, k), map[record.Severity]int{}
		}
		count[k][f.Severity]++
	}
	t := table.NewWriter()
	header := table.Row{s.say("item", "检测项目"), s.say("subject", "对象"), s.say("class", "类别")}
	for _, v := range record.Severities {
		header = append(header, s.severity(v))
	}
	t.AppendHeader(header)
	for _, k := range order {
		line := table.Row{s.cell(k.item, 24), k.subject, k.class}
		for _, v := range record.Severities {
			line = append(line, count[k][v])
		}
		t.AppendRow(line)
	}
	return t
}

// maxTrouble is the largest number of rows of the table of trouble; further ones are counted.
const maxTrouble = 40

// trouble writes the table of specs that neither passed nor were skipped. Specs with the same reason are one row.
func (r Report) trouble(out *strings.Builder, s Style) {
	type key struct {
		verdict record.Verdict
		item    string
		detail  string
		one     string // the spec, if the verdict concerns it alone
	}
	type group struct {
		key
		targets []string
		specs   []string
		remedy  string
	}
	var groups []*group
	at := map[key]*group{}
	for _, v := range record.Verdicts {
		for _, spec := range r.Specs {
			if spec.Verdict != v || v == record.Pass || v == record.Skip || v == record.Known {
				continue
			}
			k := key{verdict: v, item: spec.Item, detail: oneLine(spec.Detail), one: spec.ID}
			if v == record.Miss || v == record.Error {
				k.one = ""
			}
			g := at[k]
			if g == nil {
				g = &group{key: k, remedy: spec.Remedy}
				at[k], groups = g, append(groups, g)
			}
			g.specs = append(g.specs, spec.ID)
			if !slices.Contains(g.targets, spec.Target) {
				g.targets = append(g.targets, spec.Target)
			}
		}
	}
	if len(groups) == 0 {
		return
	}
	t := table.NewWriter()
	t.AppendHeader(table.Row{s.say("verdict", "结论"), s.say("item", "检测项目"), s.say("targets", "目标"), s.say("what", "内容")})
	for _, g := range groups[:min(len(groups), maxTrouble)] {
		what := g.specs[0]
		if n := len(g.specs); n > 1 && g.one == "" { // a single spec is shown by its name
			what = fmt.Sprintf(s.say("%d specs", "%d 个检查项"), n)
		}
		lines := []string{s.cell(what, 100), s.cell(g.detail, 160)}
		if g.remedy != "" {
			lines = append(lines, "→ "+s.cell(g.remedy, 160))
		}
		sep := "\n"
		if s.Format != Text {
			sep = " — "
		}
		t.AppendRow(table.Row{s.paint(verdictColours[g.verdict], s.verdict(g.verdict)), s.cell(g.item, 24),
			s.cell(strings.Join(g.targets, " "), 60), strings.Join(lines, sep)})
	}
	if more := len(groups) - maxTrouble; more > 0 {
		t.AppendRow(table.Row{"", "", "", fmt.Sprintf(s.say("and %d more: --json has them all", "另有 %d 条：见 --json"), more)})
	}
	s.print(out, s.say("Not in order", "未通过与未检项"), t)
}

// oneLine returns a reason without line breaks and indents.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// cell returns text of another machine for a table: without control characters, cut to n characters, and without
// characters that the format would interpret.
func (s Style) cell(text string, n int) string {
	text = Plain(text, n)
	switch s.Format {
	case Markdown:
		return markdownSigns.Replace(text)
	case CSV:
		if strings.HasPrefix(text, "=") || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "@") {
			return "'" + text // a spreadsheet would calculate it
		}
	}
	return text
}

var markdownSigns = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`)

// Plain returns text of another machine for a terminal or a page: as one line, without control or direction characters, cut to n
// characters.
func Plain(s string, n int) string {
	if strings.ContainsAny(s, "\n\r\t") {
		s = oneLine(s)
	}
	return plain.Text(s, n)
}
