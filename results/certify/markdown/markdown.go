// Package markdown writes a certificate as Markdown, for reviews by pull request.
package markdown

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

//go:embed certificate.md.tmpl
var certificate string

// maxText is the length, in characters, to which a text of another machine is cut. maxRows is the largest number of rows
// of a table; the journal has all.
const (
	maxText = 300
	maxRows = 200
)

// Write writes the certificate in a language ("zh" or "en").
func Write(w io.Writer, d document.Document, lang string) error {
	t, err := template.New("certificate").Funcs(template.FuncMap{
		"say":        func(en, zh string) string { return record.Say(en, zh).In(lang) },
		"in":         func(s record.Sentence) string { return Plain(s.In(lang)) },
		"whole":      func(s record.Sentence) string { return escaper.Replace(render.Plain(s.In(lang), 10*maxText)) },
		"plain":      Plain,
		"time":       func(t time.Time) string { return Plain(document.Time(t).In(lang)) },
		"bound":      func(text string) string { return Plain(document.Bound(text)) },
		"twice":      twice,
		"code":       func(text string) string { return strings.ReplaceAll(render.Plain(text, 10*maxText), "`", "") },
		"counts":     func(i document.Item) string { return counts(i, lang) },
		"verdict":    func(v record.Verdict) string { return render.VerdictName(v).In(lang) },
		"severity":   func(v record.Severity) string { return Plain(render.SeverityName(v).In(lang)) },
		"class":      func(c triage.Class) string { return Plain(render.ClassName(c).In(lang)) },
		"provenance": func(p record.Provenance) string { return Plain(render.ProvenanceName(p).In(lang)) },
		"number":     func(v float64) string { return fmt.Sprintf("%.4g", v) },
		"rows":       func() int { return maxRows },
	}).Parse(certificate)
	if err != nil {
		return err
	}
	return t.Execute(w, d)
}

// escaper escapes the characters that Markdown or HTML would interpret.
var escaper = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "`", "\\`", "*", `\*`, "_", `\_`,
	"[", `\[`, "]", `\]`, "!", `\!`, "#", `\#`)

// twice is a sentence in both languages.
func twice(s record.Sentence) string {
	en, zh := escaper.Replace(render.Plain(s.En, 10*maxText)), escaper.Replace(render.Plain(s.Zh, 10*maxText))
	if zh == "" || zh == en {
		return en
	}
	return zh + "<br>" + en
}

// Plain returns a text of another machine, escaped and cut, for a cell of a table.
func Plain(text any) string { return escaper.Replace(render.Plain(fmt.Sprint(text), maxText)) }

// counts returns the verdicts of an item with their numbers.
func counts(i document.Item, lang string) string {
	var words []string
	for _, v := range record.Verdicts {
		if n := i.Verdicts[v]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, render.VerdictName(v).In(lang)))
		}
	}
	return strings.Join(words, ", ")
}
