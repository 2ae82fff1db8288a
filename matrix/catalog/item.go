package catalog

import (
	_ "embed"
	"slices"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Item is one area that is checked and certified. It has one suite.
type Item struct {
	ID     string          `yaml:"id"`
	Name   record.Sentence `yaml:"name"`
	About  record.Sentence `yaml:"about"`  // one line for tables and help
	Hidden bool            `yaml:"hidden"` // runs only if it is named
}

//go:embed items.yaml
var itemsYAML []byte

var items = sync.OnceValue(func() []Item { return decode[[]Item]("items.yaml", itemsYAML) })

// Items returns the items in the order of tables, hidden ones last.
func Items() []Item { return slices.Clone(items()) }

// FindItem returns the item with an id.
func FindItem(id string) (Item, bool) {
	i := slices.IndexFunc(items(), func(it Item) bool { return it.ID == id })
	if i < 0 {
		return Item{}, false
	}
	return items()[i], true
}
