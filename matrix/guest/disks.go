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

// Disk is a disk that the guest's kernel has found.
type Disk struct {
	Name string `json:"name"` // "vda", "nvme0n1"
	Size int64  `json:"size"` // bytes
}

// virtualDevices are prefixes of block devices that a kernel creates by itself.
var virtualDevices = []string{"loop", "ram", "zram", "nullb", "dm-", "md"}

// disks returns the disks below root, which is /sys/block, without virtual devices.
func disks(root string) []Disk {
	found := []Disk{}
	paths, err := filepath.Glob(filepath.Join(root, "*", "size"))
	if err != nil {
		return found
	}
	for _, path := range paths {
		name := filepath.Base(filepath.Dir(path))
		if slices.ContainsFunc(virtualDevices, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		if hidden, err := os.ReadFile(filepath.Join(root, name, "hidden")); err == nil && strings.TrimSpace(string(hidden)) == "1" {
			continue // another path to a disk that is listed already; NVMe disks may have several
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // the disk was unplugged
		}
		if sectors, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err == nil {
			found = append(found, Disk{name, sectors * 512})
		}
	}
	return found
}

// sendDisks sends the list of disks to the host.
func sendDisks(s *channel.Stream) {
	_ = json.NewEncoder(s).Encode(disks("/sys/block")) // it fails if the host has closed the stream
}
