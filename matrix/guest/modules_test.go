package guest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestModuleOrder(t *testing.T) {
	for order, want := range map[string][2][]string{
		"loop\n": {{}, {"loop"}},
		"virtio\nvirtio_pci\nvirtio_console\nloop\nnvme\n": {{"virtio", "virtio_pci", "virtio_console"}, {"loop", "nvme"}},
		"": {{}, {}},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "order"), []byte(order), 0o644); err != nil {
			t.Fatal(err)
		}
		first, rest, err := moduleOrder(dir)
		if err != nil || !slices.Equal(first, want[0]) || !slices.Equal(rest, want[1]) {
			t.Errorf("%q: %v, %v, %v", order, first, rest, err)
		}
	}
	if first, rest, err := moduleOrder(t.TempDir()); err != nil || len(first)+len(rest) > 0 {
		t.Errorf("without modules: %v, %v, %v", first, rest, err)
	}
}
