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

// connectionModule is the last module that the connection to the host may need.
const connectionModule = "virtio_console"

// moduleOrder returns the names of the modules in the order in which they must be loaded: first those that the connection to the
// host needs, later the others.
func moduleOrder(dir string) (first, later []string, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, "order"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	all := strings.Fields(string(raw))
	at := slices.Index(all, connectionModule) + 1
	return all[:at], all[at:], nil
}

// loadModules loads modules in this order. It continues after a module that does not load, and returns all errors.
func loadModules(dir string, names []string) error {
	var errs []error
	for _, name := range names {
		if err := loadModule(filepath.Join(dir, name+".ko")); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// loadModule loads a kernel module. It returns nil if the module is loaded already.
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
