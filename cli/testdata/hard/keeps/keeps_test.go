package keeps

import (
	"os"
	"path/filepath"
	"testing"
)

func keep(t *testing.T, name, text string) {
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestKeeps(t *testing.T) {
	t.Attr("colour", "blue")
	keep(t, "picture.txt", "of the test")
	t.Run("sub", func(t *testing.T) { keep(t, "picture.txt", "of the subtest") })
	if err := os.Symlink("/etc/passwd", filepath.Join(t.ArtifactDir(), "stolen")); err != nil {
		t.Fatal(err)
	}
}
