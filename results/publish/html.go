package publish

import (
	_ "embed"
	"html/template"
	"io"
	"path/filepath"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render/page"
)

//go:embed index.html
var siteText string

var site = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("index").Funcs(page.Functions()).Parse(siteText))
})

// section is a list of certificates by one property.
type section struct {
	Anchor string
	Title  record.Sentence
	Groups []sorted
}

// sorted are the certificates with the same value of a property.
type sorted struct {
	Name    string
	Entries []Entry
}

// writePage writes all certificates as one page, by chip, by system and by product.
func writePage(repository string, entries []Entry) error {
	var sections []section
	for _, by := range []struct {
		anchor string
		title  record.Sentence
		of     func(Entry) string
	}{
		{"chips", record.Say("By chip", "按芯片"), func(e Entry) string { return e.Chip }},
		{"systems", record.Say("By system", "按操作系统"), func(e Entry) string { return e.System }},
		{"products", record.Say("By product", "按整机型号"), Entry.Product},
	} {
		s := section{Anchor: by.anchor, Title: by.title}
		for _, name := range names(entries, by.of) {
			g := sorted{Name: name}
			for _, e := range entries {
				if name != "" && by.of(e) == name {
					g.Entries = append(g.Entries, e)
				}
			}
			if len(g.Entries) > 0 {
				s.Groups = append(s.Groups, g)
			}
		}
		sections = append(sections, s)
	}
	return write(repository, filepath.Join(repository, "index.html"), func(w io.Writer) error {
		return site().Execute(w, struct {
			Count    int
			Sections []section
		}{len(entries), sections})
	})
}
