package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render/page"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

//go:embed page.html
var pageText string

// parsed returns the parsed template. It parses at the first call, because payloads, which are this program too, never need it.
var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.Must(template.New("page").Funcs(page.Functions()).Funcs(functions).Parse(pageText)).Parse(bodyText))
})

//go:embed body.html
var bodyText string

// Body returns the text of the template "report", for pages that show a report; it needs the functions of Functions and of
// page.Functions.
func Body() string { return bodyText }

// Functions returns the functions of the template "report", by name, without those of page.Functions.
func Functions() template.FuncMap { return functions }

var functions = template.FuncMap{
	"factor":      factorOf,
	"scale":       scale,
	"means":       means,
	"machine":     machineLine,
	"verdictOf":   verdictOf,
	"reportStyle": func() template.CSS { return reportStyle + page.FigureStyle() },
	"classes":     classes,
	"summary":     summary,
}

// reportStyle is the part of the style sheet that only the template "report" needs.
const reportStyle = `td.wide{min-width:9rem}.matrix td{min-width:6rem}.chart+table{margin-top:1rem}
@media (min-width:44rem){.short{overflow-wrap:normal;white-space:nowrap}.names{overflow-wrap:normal}}`

// HTML writes the report as one page without a script or a remote asset. lang ("zh" or "en") is the language that it shows
// first.
func (r Report) HTML(w io.Writer, lang string) error {
	return parsed().ExecuteTemplate(w, "page", struct {
		Report
		Lang string
	}{r, lang})
}

// factor is a ratio to the reference with its interval, turned so that above 1 is better whatever the direction of the
// unit is. Without a direction it is the plain ratio.
type factor struct{ Value, Low, High float64 }

// Known reports whether the ratio and its interval are known.
func (f factor) Known() bool {
	return f.Value > 0 && f.Low > 0 && f.High > 0 && !math.IsInf(f.High, 0) && !math.IsNaN(f.Value+f.Low+f.High)
}

func (f factor) String() string {
	if !f.Known() {
		return "—"
	}
	return fmt.Sprintf("%.2f× (%.2f–%.2f)", f.Value, f.Low, f.High)
}

// factorFrom returns the factor of a ratio.
func factorFrom(ratio, low, high compare.Number, better record.Better) factor {
	f := factor{float64(ratio), float64(low), float64(high)}
	if better == record.Lower {
		return factor{1 / f.Value, 1 / f.High, 1 / f.Low}
	}
	return f
}

// factorOf returns the factor of a row.
func factorOf(r compare.Row) factor { return factorFrom(r.Ratio, r.Low, r.High, r.Better) }

// scale returns a drawing of a factor between a quarter and four, with a line at 1.
func scale(f factor) template.HTML {
	if !f.Known() {
		return ""
	}
	at := func(v float64) float64 { return 50 + 25*min(2, max(-2, math.Log2(v))) }
	low, high := at(f.Low), at(f.High)
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="axis" x="0" y="4.6" width="100" height=".8"/>`+
		`<rect class="axis" x="49.7" y="0" width=".6" height="10"/><rect class="interval" x="%.2f" y="2.5" width="%.2f" height="5"/><rect class="median" x="%.2f" y="0" width=".8" height="10"/></svg>`,
		low, max(high-low, 0.4), min(at(f.Value), 99.2)))
}

// mean is a geometric mean as a factor.
type mean struct {
	compare.Geomean
	Factor factor
}

// means returns the geometric means of the units that have a direction.
func means(s Speed) []mean {
	better := map[string]record.Better{}
	for _, r := range s.Rows {
		better[r.Unit] = r.Better
	}
	var list []mean
	for _, g := range s.Geomeans {
		if better[g.Unit] != "" {
			list = append(list, mean{g, factorFrom(g.Ratio, g.Low, g.High, better[g.Unit])})
		}
	}
	return list
}

var verdictNames = map[compare.Verdict]string{compare.Faster: "更快", compare.Slower: "更慢", compare.HigherValue: "更高", compare.LowerValue: "更低",
	compare.TooFew: "样本过少", compare.NoDifference: "未见差异", compare.TooNoisy: "噪声过大", compare.NotCompared: "未比较"}

// verdictOf returns the name of a verdict of a comparison.
func verdictOf(v compare.Verdict) record.Sentence { return record.Say(string(v), verdictNames[v]) }

// machineLine joins values of a machine; "—" if they are empty.
func machineLine(parts ...any) string {
	var words []string
	for _, p := range parts {
		if s := strings.TrimSpace(fmt.Sprint(p)); s != "" && s != "0" {
			words = append(words, s)
		}
	}
	if len(words) == 0 {
		return "—"
	}
	return strings.Join(words, " ")
}

// classes returns the number of findings of each class, in the order of the classes.
func classes(found []triage.Finding) []record.Sentence {
	var list []record.Sentence
	for _, c := range triage.Classes {
		n := 0
		for _, f := range found {
			if f.Class == c {
				n++
			}
		}
		if n > 0 {
			list = append(list, record.Say(fmt.Sprintf("%d of class %s", n, c), fmt.Sprintf("%s类 %d 个", className[c], n)))
		}
	}
	return list
}

var className = map[triage.Class]string{triage.Library: "库", triage.Platform: "平台", triage.Emulator: "模拟器", triage.Environment: "环境", triage.Flaky: "不稳定"}

// summary returns the report in one sentence.
func summary(r Report) record.Sentence {
	natives, specs := 0, 0
	for _, t := range r.Targets {
		if t.Provenance == record.Native {
			natives++
		}
	}
	for _, c := range r.Cells {
		specs += c.Specs
	}
	when := ""
	if !r.Ended.IsZero() {
		when = r.Ended.UTC().Format(time.DateOnly)
	}
	s := record.Sayf("%d machines, %d of them real; %d specs run; %d new findings, %d known", "%d 台机器，其中 %d 台为真实机器；共运行 %d 个检查项；新问题 %d 个，已知 %d 个",
		len(r.Targets), natives, specs, len(r.Open), len(r.Known))
	if when != "" {
		s = record.Say(s.En+"; measured until "+when, s.Zh+"；截至 "+when)
	}
	return s
}
