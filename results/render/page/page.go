// Package page has the style sheet of every HTML page that the program writes, and the functions of their templates:
// certificates, reports, lists of certificates and the pages of serve look the same, in both languages.
package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/figure"
	"github.com/xcmatrix/xcmatrix/results/render/plot"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

//go:embed style.css
var style string

// maxText is the length, in characters, to which a text of another machine is cut.
const maxText = 300

// maxRows is the number of rows that a table of a page shows at most.
const maxRows = 400

var functions = template.FuncMap{
	"say":        func(en, zh string) template.HTML { return Both(record.Say(en, zh)) },
	"both":       Both,
	"whole":      whole,
	"plain":      plain,
	"verdict":    func(v record.Verdict) template.HTML { return Both(render.VerdictName(v)) },
	"severity":   func(v record.Severity) template.HTML { return Both(render.SeverityName(v)) },
	"class":      func(c triage.Class) template.HTML { return Both(render.ClassName(c)) },
	"provenance": func(p record.Provenance) template.HTML { return Both(render.ProvenanceName(p)) },
	"time":       func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"day":        func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	"number":     number,
	"join":       func(list []string) string { return plain(strings.Join(list, " ")) },
	"verdicts": func() []record.Verdict {
		return record.Verdicts
	},
	"style":   func() template.CSS { return template.CSS(style) },
	"head":    func(rows int) int { return min(rows, maxRows) },
	"over":    func(rows int) int { return max(rows-maxRows, 0) },
	"figures": Figures,
	"bytes":   func(n uint64) string { return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30)) },
}

// Functions returns the functions of a page's template, by name. say and both return a sentence in both languages, plain
// returns a text of another machine without control characters and cut to maxText, style returns the style sheet, head
// and over return how many rows a table shows and how many it leaves out. The caller may add its own to the map.
func Functions() template.FuncMap { return maps.Clone(functions) }

// plain returns a text of another machine without control characters, cut to maxText.
func plain(text any) string { return render.Plain(fmt.Sprint(text), maxText) }

// Both returns a sentence in both languages, escaped and each cut to maxText; the style sheet shows one of them.
func Both(s record.Sentence) template.HTML { return bothUpTo(s, maxText) }

// whole returns the same as Both, for a sentence of which nothing may be cut off, such as that of a level.
func whole(s record.Sentence) template.HTML { return bothUpTo(s, 10*maxText) }

// bothUpTo returns a sentence in both languages, each cut to limit characters.
func bothUpTo(s record.Sentence, limit int) template.HTML {
	escape := func(text string) string { return template.HTMLEscapeString(render.Plain(text, limit)) }
	if s.Zh == "" || s.Zh == s.En {
		return template.HTML(escape(s.En))
	}
	return template.HTML(`<span lang="en">` + escape(s.En) + `</span><span lang="zh">` + escape(s.Zh) + `</span>`)
}

// number returns a number with four significant digits, but whole from 1000 on.
func number(v float64) string {
	if v >= 1000 || v <= -1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

// Figures returns plots in both languages; the page needs the style sheet of FigureStyle.
func Figures(list []figure.Figure) template.HTML {
	var b strings.Builder
	b.WriteString(`<div class="figures">` + "\n")
	for _, f := range list {
		b.WriteString("<figure>" + f.Chart.Inline() + "</figure>\n")
	}
	b.WriteString("</div>")
	return template.HTML(b.String())
}

// FigureStyle is the part of the style sheet that pages with plots need. On a phone a plot is wider than the page and is moved by
// itself, so that its numbers stay legible.
func FigureStyle() template.CSS {
	return template.CSS(plot.Style() + `
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(30rem,100%),1fr));gap:1rem}
.figures figure{margin:0;overflow-x:auto;border:1px solid var(--line)}.figures svg{display:block;width:100%;min-width:30rem}
@media print{.figures{grid-template-columns:1fr 1fr;gap:4mm}.figures figure{break-inside:avoid}.figures svg{min-width:0}}`)
}

// Bar returns a drawing of a median with its interval; low, median and high are per cent of the drawing's width. It
// returns "" if drawn is false.
func Bar(low, median, high float64, drawn bool) template.HTML {
	if !drawn {
		return ""
	}
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">`+
		`<rect class="axis" x="0" y="4.6" width="100" height=".8"/><rect class="interval" x="%.2f" y="2.5" width="%.2f" height="5"/>`+
		`<rect class="median" x="%.2f" y="0" width=".8" height="10"/></svg>`, low, max(high-low, 0.4), min(median, 99.2)))
}
