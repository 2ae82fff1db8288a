package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
)

// TestNamesOnPages: the names of items stand on a certificate's pages, so whoever changes one makes pages of another
// version: raise document.Version.
func TestNamesOnPages(t *testing.T) {
	got := fmt.Sprintf("version %d\n", document.Version)
	for _, item := range catalog.Items() {
		name := itemSentence(item.ID)
		got += fmt.Sprintf("%s: %s, %s\n", item.ID, name.En, name.Zh)
	}
	path := filepath.Join("testdata", "pages-names.txt")
	if os.Getenv("XCMATRIX_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		t.Errorf("%s: %v: what pages say has changed: raise document.Version, then XCMATRIX_UPDATE=1 writes this file:\n%s", path, err, got)
	}
}
