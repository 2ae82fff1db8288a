// Package vm boots virtual machines: a real kernel of the target's architecture in QEMU, with this program as its
// first process. What is real in one is the kernel, its pages and the instruction set; speed and micro-architecture
// are not.
package vm

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Machine is a virtual machine to boot.
type Machine struct {
	record.Guest
	GOARCH string
	CPU    string // QEMU's name of the model, with its properties

	cache    string
	emulator emulator
	kernel   *kernel
	firmware *firmware // nil where QEMU gets the kernel itself
}

// Find looks for what the machine needs on this one: an emulator that is new enough, and the kernel. What is absent is
// a *record.Missing, what is wrong a *record.Problem.
func Find(ctx context.Context, cache, goarch, cpu string, g record.Guest) (*Machine, error) {
	m := &Machine{Guest: withDefaults(g), GOARCH: goarch, CPU: cpu, cache: cache}
	if _, wrong := Check(goarch, g); wrong != nil {
		return nil, &record.Problem{Sentence: *wrong}
	}
	if err := m.roomy(); err != nil {
		return nil, err
	}
	var err error
	if m.kernel, err = findKernel(cache, g); err != nil {
		return nil, err
	}
	if err := m.kernel.fits(g.Kernel, goarch); err != nil {
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

// roomy reports whether this machine has the memory that the guest is to have.
func (m *Machine) roomy() error {
	need := m.Memory
	for _, d := range m.Disks {
		need += d.Size
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return err
	}
	if here := int(uint64(info.Totalram) * uint64(info.Unit) >> 20); need > here {
		return &record.Missing{
			Reason: record.Sayf("the virtual machine takes %d MiB of memory with its disks, and this machine has %d", "虚拟机连同磁盘需要 %d MiB 内存，而本机只有 %d", need, here),
			Remedy: record.Say("give it less memory and smaller disks in the matrix", "请在矩阵中减少其内存和磁盘")}
	}
	return nil
}

// Launcher is what the journal keeps of the machine.
func (m *Machine) Launcher() record.Launcher {
	about := m.kernel.Kernel
	l := record.Launcher{Name: "qemu-system", Version: m.emulator.version, CPU: m.CPU, Kernel: &about,
		Command: append([]string{names[m.GOARCH]}, m.arguments(m.accelerator())...)}
	if m.firmware != nil {
		l.Firmware = &m.firmware.Kernel
	}
	if m.OldWorld() {
		l.World = "simulated old world on Linux " + about.Release
	}
	return l
}

// OldWorld reports whether payloads run in a simulated old ABI world.
func (m *Machine) OldWorld() bool { return m.World == "old" }

func (m *Machine) String() string {
	return fmt.Sprintf("%s %s on %s", m.GOARCH, m.CPU, m.kernel.Release)
}
