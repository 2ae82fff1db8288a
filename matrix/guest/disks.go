package guest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
)

// Disk is a disk that the guest's kernel shows.
type Disk struct {
	Name string `json:"name"` // "vda", "nvme0n1"
	Size int64  `json:"size"` // bytes
}

// made are devices that a kernel makes of itself.
var made = []string{"loop", "ram", "zram", "nullb", "dm-", "md"}

// disks are those that came with the machine, or were plugged in.
func disks(root string) []Disk {
	found := []Disk{}
	paths, err := filepath.Glob(filepath.Join(root, "*", "size"))
	if err != nil {
		return found
	}
	for _, path := range paths {
		name := filepath.Base(filepath.Dir(path))
		if slices.ContainsFunc(made, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		if hidden, err := os.ReadFile(filepath.Join(root, name, "hidden")); err == nil && strings.TrimSpace(string(hidden)) == "1" {
			continue // one way to a disk that is there already, as NVMe has several
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has been pulled out
		}
		if sectors, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err == nil {
			found = append(found, Disk{name, sectors * 512})
		}
	}
	return found
}

// tellDisks answers the host's question which disks there are.
func tellDisks(s *channel.Stream) {
	// A host that does not listen any more has no use for an answer.
	_ = json.NewEncoder(s).Encode(disks("/sys/block"))
}
