package cli

import (
	"encoding/json"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// itemName returns the name of an item in the user's language.
func (a *app) itemName(id string) string {
	item, ok := catalog.FindItem(id)
	if !ok {
		return id
	}
	if name := item.Name.In(a.lang); name != id {
		return id + " " + name
	}
	return id
}

func (a *app) style(format render.Format) render.Style {
	width, _ := terminal(a.out)
	return render.Style{Format: format, Lang: a.lang, Colour: colour(a.out), Width: width, Names: a.itemName}
}

// fitted returns a table that fits the terminal.
func (a *app) fitted(t table.Writer, configs ...table.ColumnConfig) formatted {
	width, _ := terminal(a.out)
	return formatted(render.Fit(t, width, configs...))
}

func (a *app) printJSON(v any) error {
	a.asJSON()
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
