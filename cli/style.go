package cli

import (
	"encoding/json"

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
	return render.Style{Format: format, Lang: a.lang, Colour: colour(a.out), Names: a.itemName}
}

func (a *app) printJSON(v any) error {
	a.asJSON()
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
