package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestCommitted fails if the committed files differ from those that the program makes.
func TestCommitted(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it takes seconds")
	}
	for name, f := range all() {
		raw, err := json.MarshalIndent(f, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.ReadFile(filepath.Join("..", name+".json"))
		if err != nil || !bytes.Equal(append(raw, '\n'), committed) {
			t.Errorf("%s.json is not what the program makes (%v)", name, err)
		}
	}
}
