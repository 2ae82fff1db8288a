package guest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestDisks(t *testing.T) {
	root := t.TempDir()
	for name, size := range map[string]string{"vda": "2048\n", "nvme0n1": "8\n", "loop0": "0\n", "zram0": "16\n", "mmcblk0": "no number", "nvme0c0n1": "8\n"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name, "size"), []byte(size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "nvme0c0n1", "hidden"), []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := disks(root), []Disk{{"nvme0n1", 4096}, {"vda", 1 << 20}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := disks(filepath.Join(root, "none")); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
