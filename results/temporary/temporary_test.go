package temporary

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsLeftIsRemoved(t *testing.T) {
	home := t.TempDir()
	dir, err := Dir(home, ".new-*")
	if err != nil {
		t.Fatal(err)
	}
	f, err := File(home, ".file-*")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	done, err := Dir(home, ".done-*")
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(home, "kept")
	if err := os.Rename(done, kept); err != nil {
		t.Fatal(err)
	}
	if err := Remove(done); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "half"), []byte("written"), 0o600); err != nil {
		t.Fatal(err)
	}
	RemoveAll()
	made.Unlock() // this process does not end, and other tests make files
	left, err := os.ReadDir(home)
	if err != nil || len(left) != 1 || left[0].Name() != "kept" {
		t.Errorf("%v stay, %v", left, err)
	}
}
