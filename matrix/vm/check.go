package vm

import (
	"regexp"

	"github.com/xcmatrix/xcmatrix/results/record"
)

const (
	defaultCores  = 2
	defaultMemory = 2048 // MiB
	leastMemory   = 512  // MiB, below which a kernel and the payload do not fit
	mostCores     = 64
	mostDisks     = 8
	mostDiskSize  = 4096 // MiB, of all disks: they lie in the host's memory
)

var sha256Pattern = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// withDefaults is a guest with what it does not say.
func withDefaults(g record.Guest) record.Guest {
	if g.Cores == 0 {
		g.Cores = defaultCores
	}
	if g.Memory == 0 {
		g.Memory = defaultMemory
	}
	return g
}

// Check looks for what cannot be among what a target asks of a guest, without a look at this machine. part leads to
// what is wrong: "memory", or "disks", 0, "bus".
func Check(goarch string, asked record.Guest) (part []any, wrong *record.Sentence) {
	g := withDefaults(asked)
	say := func(en, zh string, args ...any) *record.Sentence {
		s := record.Sayf(en, zh, args...)
		return &s
	}
	switch {
	case names[goarch] == "":
		return nil, say("there are no virtual machines for GOARCH %s: amd64, arm64 or loong64", "没有适用于 GOARCH %s 的虚拟机：可用 amd64、arm64 或 loong64", goarch)
	case g.SHA256 != "" && !sha256Pattern.MatchString(g.SHA256):
		return []any{"sha256"}, say("a SHA-256 has 64 hexadecimal digits: take it from kernel.json", "SHA-256 应为 64 位十六进制数：可取自 kernel.json")
	case g.Memory < leastMemory:
		return []any{"memory"}, say("%d MiB are too few for a virtual machine: give it %d or more", "虚拟机内存 %d MiB 过少：请至少给 %d", g.Memory, leastMemory)
	case g.Cores < 1 || g.Cores > mostCores:
		return []any{"cores"}, say("a virtual machine has 1 to %d cores, not %d", "虚拟机应有 1 至 %d 个核，而不是 %d", mostCores, g.Cores)
	case g.Nodes < 0 || g.Nodes > 1 && g.Cores%g.Nodes != 0:
		return []any{"nodes"}, say("%d cores cannot be shared equally by %d nodes", "%d 个核无法平均分给 %d 个节点", g.Cores, g.Nodes)
	case g.Firmware != "" && g.Firmware != UEFI:
		return []any{"firmware"}, say("there is no firmware %.40q: uefi, or none", "没有固件 %.40q：可用 uefi，或不写", g.Firmware)
	case g.Firmware == UEFI && !NeedsFirmware(goarch):
		return []any{"firmware"}, say("a %s virtual machine has PCI without firmware: remove it", "%s 虚拟机无需固件即有 PCI：请删除", goarch)
	case g.Slots < 0 || g.Slots > mostDisks:
		return []any{"slots"}, say("a virtual machine has %d slots at most, not %d", "虚拟机最多 %d 个插槽，而不是 %d", mostDisks, g.Slots)
	case len(g.Disks) > mostDisks:
		return []any{"disks"}, say("a virtual machine has %d disks at most, not %d", "虚拟机最多 %d 块磁盘，而不是 %d", mostDisks, len(g.Disks))
	}
	total, cards := 0, 0
	for i, d := range g.Disks {
		if d.Bus == "sd" {
			cards++
		}
		if cards > 1 {
			return []any{"disks", i, "bus"}, say("a virtual machine has one SD card: give the second another bus", "虚拟机只有一张 SD 卡：请为第二块选择其他总线")
		}
		if _, known := byBus[d.Bus]; !known {
			return []any{"disks", i, "bus"}, say("there is no disk bus %q: virtio, scsi, nvme or sd", "没有磁盘总线 %q：可用 virtio、scsi、nvme 或 sd", d.Bus)
		}
		if total += d.Size; d.Size < 1 || d.Size > mostDiskSize || total > mostDiskSize {
			return []any{"disks", i, "size"}, say("disks have 1 MiB or more each, and %d in all: they lie in memory", "每块磁盘至少 1 MiB，总计不超过 %d：它们位于内存中", mostDiskSize)
		}
	}
	return nil, nil
}
