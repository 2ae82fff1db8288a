// Package html shows a certificate as one file: no script, no remote asset, both languages, light and dark, on paper
// too.
package html

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

//go:embed style.css
var style string

//go:embed certificate.html
var certificate string

// maxText bounds what another machine wrote: a name of ten thousand characters is cut, not shown.
const maxText = 300

// maxRows bounds a table of defects; the journal in the folder has them all.
const maxRows = 400

var functions = template.FuncMap{
	"say":        func(en, zh string) template.HTML { return both(record.Say(en, zh)) },
	"both":       both,
	"whole":      whole,
	"plain":      plain,
	"verdict":    func(v record.Verdict) template.HTML { return both(render.VerdictName(v)) },
	"severity":   func(v record.Severity) template.HTML { return both(render.SeverityName(v)) },
	"class":      func(c triage.Class) template.HTML { return both(render.ClassName(c)) },
	"provenance": func(p record.Provenance) template.HTML { return both(render.ProvenanceName(p)) },
	"time":       func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"day":        func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	"number":     number,
	"bar":        bar,
	"join":       func(list []string) string { return plain(strings.Join(list, " ")) },
	"level":      func(l profile.Level) template.HTML { return both(l.Name()) },
	"rule":       ruleOf,
	"verdicts": func() []record.Verdict {
		return record.Verdicts
	},
	"style": func() template.CSS { return template.CSS(style) },
	"head":  func(n int) int { return min(n, maxRows) },
	"over":  func(n int) int { return max(n-maxRows, 0) },
	"bytes": func(n uint64) string { return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30)) },
}

// Functions are what templates in the certificate's style are written with: say and both give a sentence in both
// languages, plain makes what another machine wrote fit for a page, style is the style sheet.
func Functions() template.FuncMap { return maps.Clone(functions) }

// page is parsed when it is asked for: payloads, which are this program too, never do, and an emulated processor takes
// long over it.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("certificate").Funcs(functions).Parse(certificate))
})

// Write writes the certificate's page; lang ("zh" or "en") is the language it opens in.
func Write(w io.Writer, d document.Document, lang string) error {
	return page().Execute(w, struct {
		document.Document
		Lang string
	}{d, lang})
}

// plain makes what another machine wrote fit for a page.
func plain(text any) string { return render.Plain(fmt.Sprint(text), maxText) }

// both is a sentence in both languages; the page's style shows one.
func both(s record.Sentence) template.HTML { return inBoth(s, maxText) }

// whole is both for a sentence that nothing may be cut off: the level's.
func whole(s record.Sentence) template.HTML { return inBoth(s, 10*maxText) }

func inBoth(s record.Sentence, n int) template.HTML {
	escape := func(text string) string { return template.HTMLEscapeString(render.Plain(text, n)) }
	if s.Zh == "" || s.Zh == s.En {
		return template.HTML(escape(s.En))
	}
	return template.HTML(`<span lang="en">` + escape(s.En) + `</span><span lang="zh">` + escape(s.Zh) + `</span>`)
}

// ruleOf is the profile's rule that an outcome is of.
func ruleOf(p *profile.Profile, o profile.Outcome) profile.Rule {
	for _, r := range p.Rules {
		if r.ID == o.Rule {
			return r
		}
	}
	return profile.Rule{ID: o.Rule}
}

// number prints four significant digits.
func number(v float64) string {
	if v >= 1000 || v <= -1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

// bar draws a native median with its interval on the chart's scale; nothing for what an emulator measured.
func bar(c document.Chart, b document.Bar) template.HTML {
	low, median, high, ok := c.Span(b)
	if !ok {
		return ""
	}
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">`+
		`<rect class="axis" x="0" y="4.6" width="100" height=".8"/><rect class="interval" x="%.2f" y="2.5" width="%.2f" height="5"/>`+
		`<rect class="median" x="%.2f" y="0" width=".8" height="10"/></svg>`, low, max(high-low, 0.4), min(median, 99.2)))
}
