package order

import (
	"os"
	"path/filepath"
	"testing"
)

func TestChdir(t *testing.T) {
	if err := os.Chdir("/"); err != nil {
		t.Fatal(err)
	}
}

func TestCwd(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil || filepath.Base(dir) != "order" {
		t.Fatal(dir, err)
	}
}
