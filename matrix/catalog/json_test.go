package catalog

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestInJSON reads back what the program that carries tests has in place of the YAML files.
func TestInJSON(t *testing.T) {
	texts, err := InJSON()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string, into, want any) {
		t.Helper()
		if err := json.Unmarshal(texts[name], into); err != nil {
			t.Fatal(err)
		}
		if got := reflect.ValueOf(into).Elem().Interface(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: as JSON it is another one", name)
		}
	}
	read("systems.yaml", new([]System), systems())
	read("items.yaml", new([]Item), items())
	for goarch, of := range chips {
		read("chips/"+goarch+".yaml", new([]Chip), of())
	}
	if len(texts) != 2+len(chips) {
		t.Errorf("%d files", len(texts))
	}
}
