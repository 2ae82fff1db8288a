package render

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// defects lists the findings: each that needs somebody, and how many of each subject a waiver covers. What was only
// absent stands among what is not in order.
func (r Report) defects(out *strings.Builder, s Style) {
	var open, waived []triage.Finding
	for _, f := range r.Findings {
		switch {
		case f.Class == triage.Environment:
		case f.Waiver != "":
			waived = append(waived, f)
		default:
			open = append(open, f)
		}
	}
	if len(open) > 0 {
		t := table.NewWriter()
		t.AppendHeader(table.Row{s.say("finding", "发现"), s.say("severity", "严重度"), s.say("class", "类别"),
			s.say("subject", "对象"), s.say("targets", "目标")})
		for _, f := range open {
			t.AppendRow(table.Row{Plain(f.ID, 60), f.Severity, f.Class, subject(f), Plain(strings.Join(f.Targets, " "), 60)})
		}
		s.print(out, s.say("Findings", "发现"), t)
	}
	if len(waived) > 0 {
		s.print(out, s.say("Known findings (waived; `findings` lists them)", "已知发现（已豁免；用 `findings` 查看）"), s.waived(waived))
	}
}

func subject(f triage.Finding) string { return Plain(strings.TrimSpace(f.Subject+" "+f.Version), 40) }

// waived counts findings by subject and severity.
func (s Style) waived(found []triage.Finding) table.Writer {
	type row struct{ item, subject, class string }
	var order []row
	count := map[row]map[record.Severity]int{}
	for _, f := range found {
		k := row{f.Item, subject(f), string(f.Class)}
		if count[k] == nil {
			order, count[k] = append(order, k), map[record.Severity]int{}
		}
		count[k][f.Severity]++
	}
	t := table.NewWriter()
	header := table.Row{s.say("item", "项"), s.say("subject", "对象"), s.say("class", "类别")}
	severities := []record.Severity{record.Critical, record.High, record.Medium, record.Low}
	for _, v := range severities {
		header = append(header, string(v))
	}
	t.AppendHeader(header)
	for _, k := range order {
		line := table.Row{Plain(k.item, 24), k.subject, k.class}
		for _, v := range severities {
			line = append(line, count[k][v])
		}
		t.AppendRow(line)
	}
	return t
}

// maxTrouble is how many rows the table of trouble has; the rest is counted.
const maxTrouble = 40

// trouble lists what neither passed nor was skipped, the same reason on several specs once.
func (r Report) trouble(out *strings.Builder, s Style) {
	type key struct {
		verdict record.Verdict
		item    string
		detail  string
		one     string // the spec, where the verdict is about it alone
	}
	type group struct {
		key
		targets []string
		specs   int
		remedy  string
	}
	var groups []*group
	at := map[key]*group{}
	for _, v := range record.Verdicts {
		for _, spec := range r.Specs {
			if spec.Verdict != v || v == record.Pass || v == record.Skip || v == record.Known {
				continue
			}
			k := key{verdict: v, item: spec.Item, detail: firstLine(spec.Detail), one: spec.ID}
			if v == record.Miss || v == record.Error {
				k.one = ""
			}
			g := at[k]
			if g == nil {
				g = &group{key: k, remedy: spec.Remedy}
				at[k], groups = g, append(groups, g)
			}
			g.specs++
			if !slices.Contains(g.targets, spec.Target) {
				g.targets = append(g.targets, spec.Target)
			}
		}
	}
	if len(groups) == 0 {
		return
	}
	t := table.NewWriter()
	t.AppendHeader(table.Row{s.say("verdict", "结论"), s.say("item", "项"), s.say("targets", "目标"), s.say("what", "内容")})
	for _, g := range groups[:min(len(groups), maxTrouble)] {
		what := g.one
		if what == "" {
			what = fmt.Sprintf(s.say("%d specs", "%d 个检查项"), g.specs)
		}
		lines := []string{Plain(what, 100), Plain(g.detail, 160)}
		if g.remedy != "" {
			lines = append(lines, "→ "+Plain(g.remedy, 160))
		}
		sep := "\n"
		if s.Format != Text {
			sep = " — "
		}
		t.AppendRow(table.Row{s.paint(verdictColours[g.verdict], s.verdict(g.verdict)), Plain(g.item, 24),
			Plain(strings.Join(g.targets, " "), 60), strings.Join(lines, sep)})
	}
	if more := len(groups) - maxTrouble; more > 0 {
		t.AppendRow(table.Row{"", "", "", fmt.Sprintf(s.say("and %d more: --json has them all", "另有 %d 条：见 --json"), more)})
	}
	s.print(out, s.say("Not in order", "需要关注"), t)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// Plain makes text of another machine's fit for a terminal or a page: no control or direction characters, and not
// longer than n.
func Plain(s string, n int) string {
	var b strings.Builder
	count := 0
	for _, c := range strings.ToValidUTF8(s, "\uFFFD") {
		if count == n {
			b.WriteString("…")
			break
		}
		count++
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Zl, c) || unicode.Is(unicode.Zp, c) {
			c = '\uFFFD'
		}
		b.WriteRune(c)
	}
	return b.String()
}
