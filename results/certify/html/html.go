// Package html writes a certificate as one HTML file in both languages, without a script or a remote asset.
package html

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/page"
)

//go:embed certificate.html
var certificate string

//go:embed front.css
var style string

// maxText is the length, in characters, to which a text of the first page is cut.
const maxText = 3000

// parsed returns the parsed template. It parses at the first call, because payloads, which are this program too, never
// need the template, and parsing takes long on an emulated processor.
var parsed = sync.OnceValue(func() *template.Template {
	functions := page.Functions()
	functions["level"] = func(l profile.Level) template.HTML { return page.Both(l.Name()) }
	functions["rule"] = ruleOf
	functions["bar"] = func(c document.Chart, b document.Bar) template.HTML { return page.Bar(c.Span(b)) }
	functions["figureStyle"] = page.FigureStyle
	functions["certificateStyle"] = func() template.CSS { return template.CSS(style) }
	functions["time"] = func(t time.Time) template.HTML { return page.Both(document.Time(t)) }
	functions["bound"] = func(text string) string { return render.Plain(document.Bound(text), maxText) }
	functions["owner"] = func(name string) template.HTML { return page.Both(document.Owner(name)) }
	functions["more"] = func(n int) template.HTML {
		return page.Both(record.Sayf("and %d more, in the journal", "另有 %d 条，见日志", n))
	}
	functions["twice"] = twice
	functions["qr"] = qr
	return template.Must(template.New("certificate").Funcs(functions).Parse(certificate))
})

// Write writes the page of a certificate; lang ("zh" or "en") is the language that it shows first.
func Write(w io.Writer, d document.Document, lang string) error {
	return parsed().Execute(w, struct {
		document.Document
		Lang string
	}{d, lang})
}

// twice returns a sentence in both languages, one below the other, whichever of them the page shows.
func twice(s record.Sentence) template.HTML {
	escape := func(text string) string { return template.HTMLEscapeString(render.Plain(text, maxText)) }
	if s.Zh == "" || s.Zh == s.En {
		return template.HTML(escape(s.En))
	}
	return template.HTML(`<span class="cn">` + escape(s.Zh) + `</span><span class="latin">` + escape(s.En) + `</span>`)
}

// qr returns a drawing of a QR code with the blank margin that readers need, dark on light whatever the page's colours.
func qr(text string) (template.HTML, error) {
	rows, err := document.QR(text)
	if err != nil {
		return "", err
	}
	var path strings.Builder
	for y, row := range rows {
		for x, dark := range row {
			if dark {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+document.Quiet, y+document.Quiet)
			}
		}
	}
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %[1]d %[1]d" role="img" aria-label="QR" shape-rendering="crispEdges">`+
		`<rect width="%[1]d" height="%[1]d" fill="#fff"/><path fill="#000" d="%[2]s"/></svg>`, len(rows)+2*document.Quiet, path.String())), nil
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
