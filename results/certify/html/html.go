// Package html writes a certificate as one HTML file in both languages, without a script or a remote asset.
package html

import (
	_ "embed"
	"html/template"
	"io"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/render/page"
)

//go:embed certificate.html
var certificate string

// parsed returns the parsed template. It parses at the first call, because payloads, which are this program too, never
// need the template, and parsing takes long on an emulated processor.
var parsed = sync.OnceValue(func() *template.Template {
	functions := page.Functions()
	functions["level"] = func(l profile.Level) template.HTML { return page.Both(l.Name()) }
	functions["rule"] = ruleOf
	functions["bar"] = func(c document.Chart, b document.Bar) template.HTML { return page.Bar(c.Span(b)) }
	return template.Must(template.New("certificate").Funcs(functions).Parse(certificate))
})

// Write writes the page of a certificate; lang ("zh" or "en") is the language that it shows first.
func Write(w io.Writer, d document.Document, lang string) error {
	return parsed().Execute(w, struct {
		document.Document
		Lang string
	}{d, lang})
}

// ruleOf returns the rule of a profile that an outcome belongs to; one with the id alone if the profile has no such rule.
func ruleOf(p *profile.Profile, o profile.Outcome) profile.Rule {
	for _, r := range p.Rules {
		if r.ID == o.Rule {
			return r
		}
	}
	return profile.Rule{ID: o.Rule}
}
