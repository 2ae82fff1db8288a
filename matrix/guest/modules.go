package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// lineModule is the last module that the line to the host may need.
const lineModule = "virtio_console"

// moduleOrder reads which modules are to be loaded, in their order: those that the line needs, and the rest.
func moduleOrder(dir string) (first, rest []string, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, "order"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	all := strings.Fields(string(raw))
	at := slices.Index(all, lineModule) + 1
	return all[:at], all[at:], nil
}

// loadModules loads modules in their order, and goes on past one that does not load.
func loadModules(dir string, names []string) error {
	var errs []error
	for _, name := range names {
		if err := loadModule(filepath.Join(dir, name+".ko")); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func loadModule(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	load := func() error { return unix.FinitModule(int(f.Fd()), "", 0) }
	if err := retry.Call(load); err != nil && !errors.Is(err, unix.EEXIST) {
		return err
	}
	return nil
}
