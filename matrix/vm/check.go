package vm

import (
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

const (
	defaultCores     = 2
	defaultMemory    = 2048 // MiB
	minMemory        = 512  // MiB; a kernel and the payload need that much
	maxCores         = 64
	maxDisksPerGuest = 8
	maxTotalDiskMiB  = 4096 // of all disks together: they are kept in the host's memory
)

var sha256Pattern = pattern.Of(`^[0-9a-fA-F]{64}$`)

// withDefaults returns the guest with default cores and memory where it has none.
func withDefaults(g record.Guest) record.Guest {
	if g.Cores == 0 {
		g.Cores = defaultCores
	}
	if g.Memory == 0 {
		g.Memory = defaultMemory
	}
	return g
}

// Check returns the first impossible setting of a guest: its path in the matrix file, such as "memory" or "disks", 0, "bus",
// and what is wrong with it. It returns nil, nil if all settings are possible. It does not look at this machine.
func Check(goarch string, requested record.Guest) (path []any, problem *record.Sentence) {
	g := withDefaults(requested)
	say := func(en, zh string, args ...any) *record.Sentence {
		s := record.Sayf(en, zh, args...)
		return &s
	}
	switch {
	case emulatorNames[goarch] == "":
		return nil, say("there are no virtual machines for GOARCH %s: amd64, arm64 or loong64", "没有适用于 GOARCH %s 的虚拟机：可用 amd64、arm64 或 loong64", goarch)
	case g.SHA256 != "" && !sha256Pattern().MatchString(g.SHA256):
		return []any{"sha256"}, say("a SHA-256 has 64 hexadecimal digits: take it from kernel.json", "SHA-256 应为 64 位十六进制数：可取自 kernel.json")
	case g.Memory < minMemory:
		return []any{"memory"}, say("%d MiB are too few for a virtual machine: give it %d or more", "虚拟机内存 %d MiB 过少：请至少给 %d", g.Memory, minMemory)
	case g.Cores < 1 || g.Cores > maxCores:
		return []any{"cores"}, say("a virtual machine has 1 to %d cores, not %d", "虚拟机应有 1 至 %d 个核，而不是 %d", maxCores, g.Cores)
	case g.Offline < 0 || g.Cores+g.Offline > maxCores:
		return []any{"offline"}, say("a virtual machine has 1 to %d cores with those that are offline, not %d", "虚拟机连同离线的核应有 1 至 %d 个核，而不是 %d", maxCores, g.Cores+g.Offline)
	case g.Nodes < 0 || g.Nodes > 1 && (g.Cores+g.Offline)%g.Nodes != 0:
		return []any{"nodes"}, say("%d cores cannot be shared equally by %d nodes", "%d 个核无法平均分给 %d 个节点", g.Cores+g.Offline, g.Nodes)
	case g.Firmware != "" && g.Firmware != UEFI:
		return []any{"firmware"}, say("there is no firmware %.40q: uefi, or none", "没有固件 %.40q：可用 uefi，或不写", g.Firmware)
	case g.Firmware == UEFI && !NeedsFirmware(goarch):
		return []any{"firmware"}, say("a %s virtual machine has PCI without firmware: remove it", "%s 虚拟机无需固件即有 PCI：请删除", goarch)
	case g.Slots < 0 || g.Slots > maxDisksPerGuest:
		return []any{"slots"}, say("a virtual machine has %d slots at most, not %d", "虚拟机最多 %d 个插槽，而不是 %d", maxDisksPerGuest, g.Slots)
	case len(g.Disks) > maxDisksPerGuest:
		return []any{"disks"}, say("a virtual machine has %d disks at most, not %d", "虚拟机最多 %d 块磁盘，而不是 %d", maxDisksPerGuest, len(g.Disks))
	}
	total, cards := 0, 0
	for i, d := range g.Disks {
		if d.Bus == "sd" {
			cards++
		}
		if cards > 1 {
			return []any{"disks", i, "bus"}, say("a virtual machine has one SD card: give the second another bus", "虚拟机只有一张 SD 卡：请为第二块选择其他总线")
		}
		if _, known := diskModules[d.Bus]; !known {
			return []any{"disks", i, "bus"}, say("there is no disk bus %q: virtio, scsi, nvme or sd", "没有磁盘总线 %q：可用 virtio、scsi、nvme 或 sd", d.Bus)
		}
		if total += d.Size; d.Size < 1 || d.Size > maxTotalDiskMiB || total > maxTotalDiskMiB {
			return []any{"disks", i, "size"}, say("disks have 1 MiB or more each, and %d in all: they lie in memory", "每块磁盘至少 1 MiB，总计不超过 %d：它们位于内存中", maxTotalDiskMiB)
		}
	}
	return nil, nil
}
