package vm

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// guestModules are the modules that every guest needs; kernels that have them built in have no such files.
var guestModules = []string{"virtio_pci", "virtio_console", "loop", "dm_flakey"}

// diskModules are the modules for a disk, by its bus.
var diskModules = map[string][]string{
	"virtio": {"virtio_blk"},
	"scsi":   {"virtio_scsi", "sd_mod"},
	"nvme":   {"nvme"},
	"sd":     {"sdhci_pci", "mmc_block"},
}

// moduleOrder returns the names of the modules that a guest loads, in an order in which each follows those it depends on.
func (k *kernel) moduleOrder(g record.Guest) ([]string, error) {
	if k.modules == "" {
		return nil, nil
	}
	wanted := slices.Clone(guestModules)
	for _, d := range g.Disks {
		wanted = append(wanted, diskModules[d.Bus]...)
	}
	if g.Slots > 0 {
		for _, bus := range slices.Sorted(maps.Keys(pluggable)) {
			wanted = append(wanted, diskModules[bus]...)
		}
	}
	var order []string
	for _, name := range wanted {
		var err error
		if order, err = k.addModule(order, name, 0); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// maxDepth is the longest chain of dependencies that is followed.
const maxDepth = 32

// addModule appends a module and those it depends on to the order. A module without a file is left out: it is built into the
// kernel, or the package does not have it.
func (k *kernel) addModule(order []string, name string, depth int) ([]string, error) {
	if slices.Contains(order, name) {
		return order, nil
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("modules depend on each other without end: %s", name)
	}
	needs, err := dependencies(filepath.Join(k.modules, name+".ko"))
	if errors.Is(err, fs.ErrNotExist) {
		return order, nil
	}
	if err != nil {
		return nil, err
	}
	for _, need := range needs {
		if order, err = k.addModule(order, need, depth+1); err != nil {
			return nil, err
		}
	}
	return append(order, name), nil
}

// dependencies returns the names of the modules in the "depends=" entry of a module file.
func dependencies(path string) ([]string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	module, err := elf.NewFile(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	info := module.Section(".modinfo")
	if info == nil {
		return nil, nil
	}
	lines, err := info.Data()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for line := range bytes.SplitSeq(lines, []byte{0}) {
		if needs, ok := strings.CutPrefix(string(line), "depends="); ok && needs != "" {
			return strings.Split(strings.ReplaceAll(needs, "-", "_"), ","), nil
		}
	}
	return nil, nil
}
