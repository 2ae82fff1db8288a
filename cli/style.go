package cli

import (
	"encoding/json"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// itemName is an item's name in the user's language.
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

// fitted is a table as wide as the terminal that is printed to.
func (a *app) fitted(t table.Writer, configs ...table.ColumnConfig) laidOut {
	width, _ := terminal(a.out)
	return laidOut(render.Fit(t, width, configs...))
}

func (a *app) printJSON(v any) error {
	a.asJSON()
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
