package vm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// UEFI is the firmware that a target may ask its machine to boot by.
const UEFI = "uefi"

// firmware is what a machine boots by whose kernel finds no PCI otherwise: it describes the devices in ACPI tables.
type firmware struct {
	record.Kernel
	code, vars []byte // the two flash memories
}

// NeedsFirmware reports whether machines of an architecture have PCI, and so a fast line, by firmware alone.
func NeedsFirmware(goarch string) bool { return boards[goarch].firmware != "" }

// byFirmware reports whether the machine boots by firmware: where it is asked for, and where something that is asked
// for needs PCI. It takes longer than to give the kernel to QEMU.
func (m *Machine) byFirmware() bool {
	return NeedsFirmware(m.GOARCH) && (m.Firmware == UEFI || len(m.Disks) > 0 || m.Slots > 0)
}

// board is the machine's.
func (m *Machine) board() board {
	b := boards[m.GOARCH]
	if m.byFirmware() {
		b.serial = false
	}
	return b
}

// findFirmware reads the firmware below the cache. One that is absent is a *record.Missing.
func findFirmware(cache, goarch string) (*firmware, error) {
	series := boards[goarch].firmware
	dir := filepath.Join(cache, "kernels", series)
	f := &firmware{}
	for path, content := range map[string]*[]byte{"code.fd": &f.code, "vars.fd": &f.vars} {
		raw, err := os.ReadFile(filepath.Join(dir, path))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &record.Missing{
				Reason: record.Sayf("the UEFI firmware that a %s machine needs for PCI is not here", "没有 %s 虚拟机启用 PCI 所需的 UEFI 固件", goarch),
				Remedy: getSeries(series)}
		}
		if err != nil {
			return nil, record.Wrongf(filepath.Join(dir, path), "the firmware cannot be read: %v", "无法读取固件：%v", errors.Unwrap(err))
		}
		*content = raw
	}
	var err error
	f.Kernel, err = describe(filepath.Join(dir, "kernel.json"), digest(f.code))
	return f, err
}

// getSeries is how a series is got that is not here.
func getSeries(name string) record.Sentence {
	return record.Sayf("run `scripts/kernel %s`; without a network, on a connected machine, and copy its ~/.cache/xcmatrix/kernels here",
		"运行 `scripts/kernel %s`；无网络时请在联网机器上运行，再把其 ~/.cache/xcmatrix/kernels 复制过来", name)
}

// flash are QEMU's arguments for the firmware's two memories, whose files are inherited from fd on. What it writes is
// gone with the machine.
func flash(fd int) []string {
	return []string{"-blockdev", fmt.Sprintf("driver=file,node-name=code,filename=/proc/self/fd/%d,read-only=on,locking=off", fd),
		"-blockdev", fmt.Sprintf("driver=file,node-name=vars,filename=/proc/self/fd/%d,locking=off", fd+1)}
}
