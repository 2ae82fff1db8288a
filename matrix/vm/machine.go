// Package vm boots virtual machines: a real kernel of the target's architecture in QEMU, with this program as its
// first process. What is real in one is the kernel, its pages and the instruction set; speed and micro-architecture
// are not.
package vm

import (
	"context"
	"fmt"

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
}

const (
	defaultCores  = 2
	defaultMemory = 2048 // MiB
	leastMemory   = 512  // MiB, below which a kernel and the payload do not fit
	mostDiskSize  = 4096 // MiB: disks lie in the host's memory
)

// Find looks for what the machine needs on this one: an emulator that is new enough, and the kernel. What is absent is
// a *record.Missing, what is wrong a *record.Problem.
func Find(ctx context.Context, cache, goarch, cpu string, g record.Guest) (*Machine, error) {
	m := &Machine{Guest: g, GOARCH: goarch, CPU: cpu, cache: cache}
	if m.Cores == 0 {
		m.Cores = defaultCores
	}
	if m.Memory == 0 {
		m.Memory = defaultMemory
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	var err error
	if m.emulator, err = findEmulator(ctx, cache, goarch); err != nil {
		return nil, err
	}
	if m.kernel, err = findKernel(cache, g); err != nil {
		return nil, err
	}
	if err := m.kernel.fits(g.Kernel, goarch); err != nil {
		return nil, err
	}
	if goarch == "amd64" {
		m.kernel.image = unpackBzImage(m.kernel.image)
	}
	return m, nil
}

func (m *Machine) check() error {
	if m.Memory < leastMemory {
		return record.Wrongf("memory", "%d MiB are too few for a virtual machine: give it %d or more",
			"虚拟机内存 %d MiB 过少：请至少给 %d", m.Memory, leastMemory)
	}
	if m.Nodes > 1 && m.Cores%m.Nodes != 0 {
		return record.Wrongf("nodes", "%d cores cannot be shared equally by %d nodes", "%d 个核无法平均分给 %d 个节点", m.Cores, m.Nodes)
	}
	for _, d := range m.Disks {
		if _, known := byBus[d.Bus]; !known {
			return record.Wrongf("disks", "there is no disk bus %q: virtio, scsi, nvme or sd", "没有磁盘总线 %q：可用 virtio、scsi、nvme 或 sd", d.Bus)
		}
		if d.Size < 1 || d.Size > mostDiskSize {
			return record.Wrongf("disks", "a disk has 1 to %d MiB, not %d: it lies in memory", "磁盘大小应为 1 至 %d MiB，而不是 %d：它位于内存中",
				mostDiskSize, d.Size)
		}
		if boards[m.GOARCH].serial {
			return record.Wrongf("disks", "a %s virtual machine has no PCI, so no disks", "%s 虚拟机没有 PCI，不能添加磁盘", m.GOARCH)
		}
	}
	return nil
}

// Launcher is what the journal keeps of the machine.
func (m *Machine) Launcher() record.Launcher {
	about := m.kernel.Kernel
	return record.Launcher{Name: "qemu-system", Version: m.emulator.version, CPU: m.CPU, Kernel: &about,
		Command: append([]string{names[m.GOARCH]}, m.arguments(m.accelerator())...)}
}

func (m *Machine) String() string {
	return fmt.Sprintf("%s %s on %s", m.GOARCH, m.CPU, m.kernel.Release)
}
