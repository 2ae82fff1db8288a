// Package vm boots virtual machines: a real kernel of the target's architecture in QEMU, with this program as its first
// process. The kernel, its page size and the instruction set are real; speed and micro-architecture are not.
package vm

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Machine is the configuration of a virtual machine, with the kernel and the emulator that it needs.
type Machine struct {
	record.Guest
	GOARCH string
	CPU    string // the model and its properties, as QEMU names them

	// Network are sockets on whose other ends an NBD server answers, each for one more disk, whose serial number NetworkSerial
	// returns. Boot closes them.
	Network []*os.File

	cache    string
	emulator emulator
	kernel   *kernel
	firmware *firmware // nil for a direct boot
}

// Find returns a machine with its emulator, kernel and, if necessary, firmware. It returns a *record.Missing with the remedy if
// one of them is absent, and a *record.Problem if a setting of the guest is impossible.
func Find(ctx context.Context, cache, goarch, cpu string, g record.Guest) (*Machine, error) {
	m := &Machine{Guest: withDefaults(g), GOARCH: goarch, CPU: cpu, cache: cache}
	if _, problem := Check(goarch, g); problem != nil {
		return nil, &record.Problem{Sentence: *problem}
	}
	if err := m.checkHostMemory(); err != nil {
		return nil, err
	}
	var err error
	if m.kernel, err = findKernel(cache, g); err != nil {
		return nil, err
	}
	if err := m.kernel.checkArch(g.Kernel, goarch); err != nil {
		return nil, err
	}
	if m.emulator, err = findEmulator(ctx, cache, goarch); err != nil {
		return nil, err
	}
	if m.byFirmware() {
		if m.firmware, err = findFirmware(cache, goarch); err != nil {
			return nil, err
		}
	}
	if goarch == "amd64" {
		m.kernel.image = unpackBzImage(m.kernel.image)
	}
	return m, nil
}

// checkHostMemory returns a *record.Missing if the host has less memory than the guest and its disks need.
func (m *Machine) checkHostMemory() error {
	need := m.Memory
	for _, d := range m.Disks {
		need += d.Size
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return err
	}
	if host := int(uint64(info.Totalram) * uint64(info.Unit) >> 20); need > host {
		return &record.Missing{
			Reason: record.Sayf("the virtual machine takes %d MiB of memory with its disks, and this machine has %d", "虚拟机连同磁盘需要 %d MiB 内存，而本机只有 %d", need, host),
			Remedy: record.Say("give it less memory and smaller disks in the matrix", "请在矩阵中减少其内存和磁盘")}
	}
	return nil
}

// Launcher returns the description of the machine for the journal.
func (m *Machine) Launcher() record.Launcher {
	kernel := m.kernel.Kernel
	l := record.Launcher{Name: "qemu-system", Version: m.emulator.version, CPU: m.CPU, Kernel: &kernel,
		Command: append([]string{emulatorNames[m.GOARCH]}, m.arguments(m.accelerator())...)}
	if m.firmware != nil {
		l.Firmware = &m.firmware.Kernel
	}
	if m.OldWorld() {
		l.World = "simulated old world on Linux " + kernel.Release
	}
	return l
}

// OldWorld reports whether payloads run in a simulated old ABI world.
func (m *Machine) OldWorld() bool { return m.World == "old" }

// String returns the architecture, the CPU model and the kernel release.
func (m *Machine) String() string {
	return fmt.Sprintf("%s %s on %s", m.GOARCH, m.CPU, m.kernel.Release)
}
