package report

import (
	"html/template"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// document returns the template of the page, which has no remote assets. It draws an interval as a line on a scale from
// half to double.
var document = sync.OnceValue(func() *template.Template { return template.Must(template.New("compare").Parse(documentText)) })

const documentText = `<!DOCTYPE html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><title>{{.Title}}</title><style>
body{font:14px/1.5 sans-serif;margin:2em;color:#222}table{border-collapse:collapse}
th,td{padding:.15em .7em;text-align:right;border-bottom:1px solid #e4e4e4;white-space:nowrap}
th:first-child,td:first-child,.verdict{text-align:left}
.faster{color:#17722b}.slower{color:#b3261e}.too-noisy,.too-few-samples{color:#8a6100}.not-compared{color:#9a9a9a}
</style></head><body><h1>{{.Title}}</h1>
<table><thead><tr>{{range .Heads}}<th>{{.}}</th>{{end}}<th>½ … 1 … 2</th></tr></thead><tbody>
{{range .Rows}}<tr class="{{.Class}}">{{range .Cells}}<td>{{.}}</td>{{end}}<td>{{with .Bar}}<svg width="120" height="12"><path d="M60 0v12" stroke="#bbb"/><path d="M{{.Low}} 6H{{.High}}" stroke="currentColor" stroke-width="3"/><circle cx="{{.Middle}}" cy="6" r="3.5" fill="currentColor"/></svg>{{end}}</td></tr>
{{end}}</tbody></table>
<ul>{{range .Summary}}<li>{{.}}</li>
{{end}}</ul></body></html>
`

// htmlRow is one row for the template.
type htmlRow struct {
	Class string
	Cells line
	Bar   *bar
}

// bar has the positions of an interval's ends and of its ratio, in pixels.
type bar struct{ Low, Middle, High int }

// writeHTML writes a table as a page.
func writeHTML(w io.Writer, t *compare.Table, lang string) error {
	var why reasons
	why.count(t.Rows)
	data := struct {
		Lang, Title string
		Heads       line
		Summary     []string
		Rows        []htmlRow
	}{Lang: lang, Heads: heads(t, lang)}
	var scratch []byte
	data.Title = record.Sayf("Comparison with %s", "与 %s 的比较", t.Reference).In(lang)
	for i := range t.Rows {
		r := &t.Rows[i]
		data.Rows = append(data.Rows, htmlRow{strings.ReplaceAll(string(r.Verdict), " ", "-"), cells(r, &why, lang, &scratch), drawn(r)})
	}
	for _, s := range summary(t, &why) {
		data.Summary = append(data.Summary, s.In(lang))
	}
	return document().Execute(w, data)
}

// drawn returns the bar of a row's interval; nil if it has none.
func drawn(r *compare.Row) *bar {
	if !r.Ratio.Known() || !r.Low.Known() || !r.High.Known() || r.Low <= 0 {
		return nil
	}
	at := func(n compare.Number) int { return int(math.Round(60 + 60*min(1, max(-1, math.Log2(float64(n)))))) }
	return &bar{at(r.Low), at(r.Ratio), at(r.High)}
}
