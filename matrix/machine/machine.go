// Package machine reads the fingerprint of the machine that the program runs on. It only reads files, up to a bounded size. It
// starts no program, so that it works as the first process of a virtual machine and under a user-mode emulator that cannot
// start programs. Files may have any content: a machine may be broken or hostile.
package machine

import (
	"database/sql"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Host is the part of a fingerprint that is not in files: properties of the process that reads them.
type Host struct {
	GOOS, GOARCH string
	GoVersion    string
	GoModified   string // see build.OwnWorlds
	GOMAXPROCS   int
	Cores        int // logical processors this process may use
	PageSize     int // bytes
	SignalSet    int // bytes of a signal set that the kernel accepts; 0 if unknown
}

// Detect returns the fingerprint of this machine. The caller sets Payload, Launcher and Provenance; see Digest.
func Detect() record.Machine {
	m := Read(hostRoot().FS, Host{
		GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, GoVersion: runtime.Version(), GoModified: build.OwnWorlds(),
		GOMAXPROCS: runtime.GOMAXPROCS(0),
		Cores:      runtime.NumCPU(), PageSize: os.Getpagesize(), SignalSet: signalSet(),
	})
	m.Drivers = sql.Drivers()
	return m
}

// Read returns the fingerprint of the machine with this root directory, which may be a recorded one. Fields that cannot be read
// are empty; contradictions are warnings.
func Read(root fs.FS, host Host) record.Machine {
	t := tree{root}
	m := record.Machine{
		GOOS: host.GOOS, GOARCH: host.GOARCH, GoVersion: host.GoVersion, GoModified: host.GoModified, GOMAXPROCS: host.GOMAXPROCS,
		Cores: host.Cores, PageSize: host.PageSize,
		Kernel:   t.firstLine("proc/sys/kernel/osrelease"),
		Governor: t.firstLine("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		Sockets:  sockets(t), NUMA: len(parseList(t.firstLine("sys/devices/system/node/online"))), Caches: caches(t),
		Memory: memory(t), Libc: libc(t, host.GOARCH), Cgroup: controlGroup(t), Load: load(t),
	}
	hw := readFirmware(t)
	m.Firmware, m.Board = hw.bios, hw.board

	p := readProcessor(t, host.GOARCH, hw)
	chip := p.chip(host.GOARCH, hw)
	m.CPUInfo, m.Model, m.Microcode, m.Features = p.text, p.model, p.microcode, p.features
	m.Level = catalog.Level(host.GOARCH, m.Features)
	m.Chip = chip.ID

	var system catalog.System
	system, m.OSRelease = readSystem(t, m.Kernel, host.GOARCH)
	m.System, m.ABIWorld = system.ID, abiWorld(t, host, system)

	m.Virtual = virtual(t, hw, p, host.GOARCH)
	m.Warnings = warnings(m, chip, p, hw.rootOnly)
	return m
}

// warnings returns a sentence for each property that is unusual or contradicts another.
func warnings(m record.Machine, chip catalog.Chip, p processor, rootOnly bool) []record.Sentence {
	var w []record.Sentence
	if p.otherArchitecture {
		w = append(w, record.Sayf(
			"/proc/cpuinfo is not of a %s processor: a user-mode emulator shows its host's; chip and model are unknown, features come from the auxiliary vector",
			"/proc/cpuinfo 不是 %s 处理器的：用户态模拟器显示的是宿主机的内容；芯片与型号未知，特性取自辅助向量", m.GOARCH))
	}
	if warning, unknown := unknownChip(chip, p, m.GOARCH, rootOnly); unknown {
		w = append(w, warning)
	}
	if m.ABIWorld == catalog.OldWorld {
		w = append(w, OldWorldAdvice())
	}
	if m.GoModified != "" {
		w = append(w, record.Sayf("Go runtime modified for the old world (edits %s): it is not the one that upstream Go builds programs with",
			"Go 运行时已为旧世界修改（补丁 %s）：与上游 Go 构建的程序所用运行时不同", m.GoModified))
	}
	if len(chip.PageSizes) > 0 && m.PageSize > 0 && !slices.Contains(chip.PageSizes, m.PageSize) && !p.otherArchitecture {
		w = append(w, record.Sayf("pages of %d bytes are unusual on this chip: an emulator may show its host's page size",
			"页大小 %d 字节在本芯片上不常见：模拟器可能显示了宿主机的页大小", m.PageSize))
	}
	return w
}

// unknownChip returns a warning for a chip that is not in the catalogue but has the same core as some that are. rootOnly says
// that only root may read the firmware's tables. unknown is false if there is nothing to warn of.
func unknownChip(chip catalog.Chip, p processor, goarch string, rootOnly bool) (warning record.Sentence, unknown bool) {
	all := catalog.Candidates(p.text, goarch)
	if chip.Kind != catalog.Generic || len(all) == 0 {
		return warning, false
	}
	if p.model != "" {
		return record.Sayf("%[1]s calls this chip %[2]q, which is none of the catalogue's: it counts as %[3]s",
			"%[1]s给出的芯片名称为 %[2]q，目录中没有：按“%[3]s”处理", p.namedBy, p.model, chip.Name), true
	}
	var names, zhNames []string
	for _, c := range all {
		names, zhNames = append(names, c.Name.En), append(zhNames, c.Name.In("zh"))
	}
	reason := record.Say("neither /proc/cpuinfo nor SMBIOS names this chip", "/proc/cpuinfo 与 SMBIOS 均未给出本机芯片的名称")
	if rootOnly {
		reason = record.Say("/proc/cpuinfo does not name this chip, and root alone may read what SMBIOS calls it",
			"/proc/cpuinfo 未给出本机芯片的名称，而 SMBIOS 中的名称只有 root 可读")
	}
	return record.Sayf("the core is that of %[1]s, which share it, perhaps with others; %[3]s",
		"处理器核与 %[2]s 相同（可能还有其他芯片）；%[3]s", strings.Join(names, ", "), strings.Join(zhNames, "、"), reason), true
}
