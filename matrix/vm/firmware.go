package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// UEFI is the value of `firmware` in the matrix file for a guest that boots by UEFI.
const UEFI = "uefi"

// firmware is a UEFI firmware. It describes the devices in ACPI tables; some kernels find no PCI without it.
type firmware struct {
	record.Kernel
	code, vars []byte // contents of the two flash memories
}

// NeedsFirmware reports whether guests of an architecture have PCI, and so a fast connection to the host, only by firmware.
func NeedsFirmware(goarch string) bool { return boards[goarch].firmware != "" }

// byFirmware reports whether the guest boots by firmware: if the target asks for it, or for something that needs PCI. It takes
// longer than a direct boot, where QEMU loads the kernel.
func (m *Machine) byFirmware() bool {
	return NeedsFirmware(m.GOARCH) && (m.Firmware == UEFI || len(m.Disks) > 0 || m.Slots > 0)
}

// board returns the settings of the guest's architecture.
func (m *Machine) board() board {
	b := boards[m.GOARCH]
	if m.byFirmware() {
		b.serial = false
	}
	return b
}

// findFirmware reads the firmware in the cache. It returns a *record.Missing if there is none.
func findFirmware(cache, goarch string) (*firmware, error) {
	series := boards[goarch].firmware
	dir := filepath.Join(cache, "kernels", series)
	f := &firmware{}
	for path, content := range map[string]*[]byte{"code.fd": &f.code, "vars.fd": &f.vars} {
		raw, err := os.ReadFile(filepath.Join(dir, path))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &record.Missing{
				Reason: record.Sayf("the UEFI firmware that a %s machine needs for PCI is not here", "没有 %s 虚拟机启用 PCI 所需的 UEFI 固件", goarch),
				Remedy: seriesRemedy(series)}
		}
		if err != nil {
			return nil, record.Wrongf(filepath.Join(dir, path), "the firmware cannot be read: %v", "无法读取固件：%v", errors.Unwrap(err))
		}
		*content = raw
	}
	var err error
	f.Kernel, err = readOrigin(filepath.Join(dir, "kernel.json"), digest(f.code))
	return f, err
}

// seriesRemedy returns the remedy for a series of scripts/kernel that is absent.
func seriesRemedy(name string) record.Sentence {
	return record.Sayf("run `scripts/kernel %s`; without a network, on a connected machine, and copy its ~/.cache/xcmatrix/kernels here",
		"运行 `scripts/kernel %s`；无网络时请在联网机器上运行，再把其 ~/.cache/xcmatrix/kernels 复制过来", name)
}

// flashArgs returns QEMU's arguments for the firmware's two flash memories, which QEMU inherits as descriptors fd and fd+1.
// Changes are lost when QEMU ends.
func flashArgs(fd int) []string {
	return []string{"-blockdev", fmt.Sprintf("driver=file,node-name=code,filename=/proc/self/fd/%d,read-only=on,locking=off", fd),
		"-blockdev", fmt.Sprintf("driver=file,node-name=vars,filename=/proc/self/fd/%d,locking=off", fd+1)}
}
