package machine

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// files is a root directory by name and content.
func files(content map[string]string) fstest.MapFS {
	root := fstest.MapFS{}
	for name, text := range content {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

// recorded is a text of the catalogue's tests.
func recorded(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("../catalog/testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadTakesEveryFact(t *testing.T) {
	cpuinfo := recorded(t, "cpuinfo/loongson-3a5000")
	root := files(map[string]string{
		"proc/cpuinfo":                     cpuinfo + "processor : 1\nModel Name : Other\n",
		"proc/sys/kernel/osrelease":        "4.19.0-19-loongson-3\n",
		"proc/meminfo":                     "MemTotal:       16263424 kB\nMemFree: 1 kB\n",
		"proc/loadavg":                     "1.25 0.50 0.10 2/345 6789\n",
		"proc/stat":                        "cpu  1 2 3 4 5 6 7 250 0 0\ncpu0 1 2\n",
		"etc/os-release":                   recorded(t, "os-release/loongnix-20"),
		"proc/self/cgroup":                 "0::/\n",
		"sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n",
		"sys/devices/system/cpu/online":    "0-3\n",
		"sys/devices/system/cpu/cpu0/topology/package_cpus_list":  "0-1\n",
		"sys/devices/system/cpu/cpu2/topology/core_siblings_list": "2-3\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":    "performance\n",
		"sys/devices/system/cpu/cpu0/cache/index0/level":          "1\n",
		"sys/devices/system/cpu/cpu0/cache/index0/type":           "Data\n",
		"sys/devices/system/cpu/cpu0/cache/index0/size":           "64K\n",
		"sys/devices/system/cpu/cpu0/cache/index3/level":          "3\n",
		"sys/devices/system/cpu/cpu0/cache/index3/type":           "Unified\n",
		"sys/devices/system/cpu/cpu0/cache/index3/size":           "16384K\n",
		"sys/devices/system/cpu/cpu0/cache/index4/size":           "rubbish\n",
		"sys/devices/system/node/online":                          "0-1\n",
		"sys/class/dmi/id/bios_vendor":                            "Loongson\n",
		"sys/class/dmi/id/bios_version":                           "Loongson-UDK2018-V4.0.05383\n",
		"sys/class/dmi/id/sys_vendor":                             "Loongson\n",
		"sys/class/dmi/id/product_name":                           "Loongson-3A5000-HV-7A2000-1w-V0.1-EVB\n",
		"lib64/libc.so.6":                                         library(elf.EM_LOONGARCH, "GNU C Library (Debian GLIBC 2.28-10) stable release version 2.28.\n"),
	})
	host := Host{GOOS: "linux", GOARCH: "loong64", GoVersion: "go1.26", GOMAXPROCS: 4, Cores: 4, PageSize: 16384}
	got := Read(root, host)
	if !strings.Contains(got.CPUInfo, "Loongson-3A5000-HV") || strings.Contains(got.CPUInfo, "Other") {
		t.Errorf("cpuinfo is not the first processor's: %q", got.CPUInfo)
	}
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0].En, "old ABI world") {
		t.Errorf("warnings: %v", got.Warnings)
	}
	got.CPUInfo, got.Warnings = "", nil
	want := record.Machine{
		Chip: "loongson-3a5000", Model: "Loongson-3A5000-HV", GOARCH: "loong64", GOOS: "linux",
		Features: strings.Fields("cpucfg lam ual fpu lsx lasx crc32 complex crypto lvz lbt_x86 lbt_arm lbt_mips"),
		Cores:    4, Sockets: 2, NUMA: 2, Memory: 16263424 << 10, PageSize: 16384,
		Caches: []record.Cache{{Level: 1, Type: "Data", Bytes: 64 << 10}, {Level: 3, Type: "Unified", Bytes: 16 << 20}},
		Kernel: "4.19.0-19-loongson-3", System: "loongnix-20",
		OSRelease: record.OSRelease{ID: "Loongnix", VersionID: "20", PrettyName: "Loongnix GNU/Linux 20 (DaoXiangHu)"},
		ABIWorld:  "old", Libc: "glibc 2.28", Governor: "performance", Firmware: "Loongson Loongson-UDK2018-V4.0.05383",
		Board: "Loongson Loongson-3A5000-HV-7A2000-1w-V0.1-EVB", Cgroup: record.Cgroup{Version: 2}, Virtual: "none",
		Load: record.Load{One: 1.25, Steal: 2.5}, GoVersion: "go1.26", GOMAXPROCS: 4,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A user-mode emulator shows its host's cpuinfo, and the target's features in the auxiliary vector.
func TestReadUnderUserModeEmulation(t *testing.T) {
	root := files(map[string]string{
		"proc/cpuinfo":    recorded(t, "cpuinfo/xeon-e5-2660v3"),
		"proc/self/auxv":  words(6, 4096, atHWCAP, 126, 0, 0),
		"lib64/libc.so.6": library(elf.EM_X86_64, "GNU C Library stable release version 2.36."),
	})
	m := Read(root, Host{GOARCH: "loong64", PageSize: 4096})
	if m.Chip != "" || m.Model != "" || m.Libc != "" || m.Microcode != "" {
		t.Errorf("the host's chip %q, model %q, libc %q or microcode %q is taken for the target's", m.Chip, m.Model, m.Libc, m.Microcode)
	}
	if got := strings.Join(m.Features, " "); got != "lam ual fpu lsx lasx crc32" {
		t.Errorf("features %q", got)
	}
	if m.Virtual != "qemu-user" || len(m.Warnings) != 1 {
		t.Errorf("virtualisation %q, warnings %v", m.Virtual, m.Warnings)
	}
}

func words(all ...uint64) string {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, all)
	return b.String()
}

// Where the kernel gives no model name, the firmware's tells the chips of a family apart.
func TestFirmwareNamesTheChip(t *testing.T) {
	unknownChip := recorded(t, "cpuinfo/phytium-ft2000-4")
	for version, want := range map[string]string{
		"D2000/8 E8C": "phytium-d2000", "S2500/64 C00": "phytium-s2500", "FT-2000/4": "phytium-ft2000-4", "Not Specified": "generic-arm64",
	} {
		m := Read(files(map[string]string{
			"proc/cpuinfo":                unknownChip,
			"sys/firmware/dmi/tables/DMI": smbios(version),
		}), Host{GOARCH: "arm64", PageSize: 65536})
		if m.Chip != want {
			t.Errorf("%s: chip %q, is %q", version, m.Chip, want)
		}
		if isChipName := want != "generic-arm64"; isChipName == (len(m.Warnings) > 0) {
			t.Errorf("%s: warnings %v", version, m.Warnings)
		}
	}
}

// What is said of a chip's name is true: who gives it, or that nobody does, or that it could not be read.
func TestWarningsOfNames(t *testing.T) {
	isChipName := recorded(t, "cpuinfo/phytium-ft2000-4-named")
	as := func(name string) string { return strings.Replace(isChipName, "Phytium,FT-2000/4", name, 1) }
	for _, c := range []struct {
		what, cpuinfo, smbios string // smbios: a table, or "closed" for one that may not be read
		chip, model           string
		says, not             []string
	}{
		{"the kernel names it", isChipName, "", "phytium-ft2000-4", "Phytium,FT-2000/4", nil, nil},
		{"the kernel names none of the catalogue's", as("Phytium,X9000"), "", "generic-arm64", "Phytium,X9000",
			[]string{`the kernel calls this chip "Phytium,X9000", which is none of the catalogue's: it counts as another arm64 chip`}, []string{"neither", "D2000", "S2500"}},
		{"the firmware names none of the catalogue's", recorded(t, "cpuinfo/phytium-ft2000-4"), smbios("X9000/4"), "generic-arm64", "X9000/4",
			[]string{`the firmware calls this chip "X9000/4"`}, []string{"neither", "D2000"}},
		{"the kernel names a core, the firmware the chip", as("FTC663"), smbios("D2000/8 E8C"), "phytium-d2000", "D2000/8 E8C", nil, nil},
		{"any kernel's words", as("ARMv8 Processor rev 3 (aarch64)"), smbios("S2500/64 C00"), "phytium-s2500", "S2500/64 C00", nil, nil},
		{"any kernel's words alone", as("ARMv8 Processor rev 3 (v8l)"), "", "generic-arm64", "", []string{"neither /proc/cpuinfo nor SMBIOS names this chip", "FT-2000/4, "}, nil},
		{"QEMU's machine", recorded(t, "cpuinfo/phytium-ft2000-4"), smbios("virt-7.2"), "generic-arm64", "", []string{"neither /proc/cpuinfo nor SMBIOS"}, []string{"virt"}},
		{"for root alone", recorded(t, "cpuinfo/phytium-ft2000-4"), "closed", "generic-arm64", "", []string{"root alone may read"}, []string{"neither"}},
		{"S5000 by Kylin's kernel", recorded(t, "cpuinfo/phytium-s5000-kylin"), "", "phytium-s5000c", "Phytium,S5000", nil, nil},
	} {
		content := map[string]string{"proc/cpuinfo": c.cpuinfo}
		if c.smbios != "" {
			content["sys/firmware/dmi/tables/DMI"] = strings.TrimPrefix(c.smbios, "closed")
		}
		m := Read(files(content), Host{GOARCH: "arm64", PageSize: 65536})
		var said, zh string
		for _, w := range m.Warnings {
			said, zh = said+w.En, zh+w.Zh
		}
		if m.Chip != c.chip || m.Model != c.model || (len(c.says) > 0) != (said != "") || (said != "") != (zh != "") {
			t.Errorf("%s: chip %q, model %q, warnings %v", c.what, m.Chip, m.Model, m.Warnings)
		}
		for _, part := range c.says {
			if !strings.Contains(said, part) {
				t.Errorf("%s: %q does not say %q", c.what, said, part)
			}
		}
		for _, part := range c.not {
			if strings.Contains(said, part) {
				t.Errorf("%s: %q says %q", c.what, said, part)
			}
		}
	}
}

// smbios is a table of a BIOS structure and a processor's.
func smbios(version string) string {
	processor := make([]byte, 0x1a)
	processor[0], processor[1], processor[2], processor[7], processor[0x10] = 4, 0x1a, 4, 1, 2
	return "\x00\x05\x00\x00\x01maker\x00\x00" + string(processor) + "Phytium\x00" + version + "\x00\x00\x7f\x04\xff\xfe\x00\x00"
}

func TestCgroupLimits(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  record.Cgroup
	}{
		"none": {nil, record.Cgroup{}},
		"v2, the smallest on the way up": {map[string]string{
			"proc/self/cgroup":                 "0::/a/b\n",
			"sys/fs/cgroup/cgroup.controllers": "cpu\n",
			"sys/fs/cgroup/a/b/cpu.max":        "400000 100000\n",
			"sys/fs/cgroup/a/cpu.max":          "150000 100000\n",
			"sys/fs/cgroup/cpu.max":            "max 100000\n",
			"sys/fs/cgroup/a/b/memory.max":     "max\n",
			"sys/fs/cgroup/a/memory.max":       "1073741824\n",
			"sys/fs/cgroup/a/b/pids.max":       "512\n",
		}, record.Cgroup{Version: 2, CPULimit: 1.5, MemoryMax: 1 << 30, PidsMax: 512}},
		"v2, a path that only the host sees": {map[string]string{
			"proc/self/cgroup":                 "0::/../../x\n",
			"sys/fs/cgroup/cgroup.controllers": "cpu\n",
			"sys/fs/cgroup/memory.max":         "4096\n",
		}, record.Cgroup{Version: 2, MemoryMax: 4096}},
		"v1": {map[string]string{
			"proc/self/cgroup":                             "9:name=systemd:/\n4:memory:/m\n3:pids:/p\n2:cpu,cpuacct:/c\n0::/\n",
			"sys/fs/cgroup/cpu/c/cpu.cfs_quota_us":         "50000\n",
			"sys/fs/cgroup/cpu/c/cpu.cfs_period_us":        "100000\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":           "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":          "100000\n",
			"sys/fs/cgroup/memory/m/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":   "9223372036854771712\n",
			"sys/fs/cgroup/pids/p/pids.max":                "100\n",
		}, record.Cgroup{Version: 1, CPULimit: 0.5, PidsMax: 100}},
	} {
		if got := controlGroup(tree{files(c.files)}); got != c.want {
			t.Errorf("%s: %+v, is %+v", name, got, c.want)
		}
	}
}

func TestVirtual(t *testing.T) {
	const clocks = "sys/devices/system/clocksource/clocksource0/available_clocksource"
	guest := processor{features: []string{"hypervisor"}}
	for name, c := range map[string]struct {
		files  map[string]string
		cpu    processor
		goarch string
		want   string
	}{
		"hardware":            {map[string]string{clocks: "tsc hpet\n"}, processor{features: []string{"lm"}}, "amd64", "none"},
		"kvm":                 {map[string]string{clocks: "kvm-clock tsc\n"}, guest, "amd64", "kvm"},
		"qemu without kvm":    {map[string]string{clocks: "tsc hpet\n", "sys/class/dmi/id/sys_vendor": "QEMU\n"}, guest, "amd64", "qemu-tcg"},
		"unknown hypervisor":  {nil, guest, "amd64", "vm"},
		"arm64 virt machine":  {map[string]string{"proc/device-tree/compatible": "linux,dummy-virt\x00"}, processor{}, "arm64", "qemu"},
		"arm64 server":        {map[string]string{"sys/class/dmi/id/sys_vendor": "Huawei\n"}, processor{}, "arm64", "none"},
		"nothing tells":       {nil, processor{}, "arm64", ""},
		"hyper-v":             {map[string]string{"sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n", "sys/class/dmi/id/product_name": "Virtual Machine\n"}, guest, "amd64", "hyper-v"},
		"emulator's own text": {nil, processor{otherArchitecture: true}, "loong64", "qemu-user"},
	} {
		tr := tree{files(c.files)}
		if got := virtual(tr, readFirmware(tr), c.cpu, c.goarch); got != c.want {
			t.Errorf("%s: %q, is %q", name, got, c.want)
		}
	}
}

func TestList(t *testing.T) {
	for text, want := range map[string][]int{
		"0-2,5\n": {0, 1, 2, 5}, "": nil, "7": {7}, "3-1": nil, "0-99999999999": nil, "1,x,2": {1}, "-1": nil,
	} {
		if got := parseList(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, is %v", text, got, want)
		}
	}
}

// library is the smallest ELF file with constants.
func library(machine elf.Machine, constants string) string {
	const header, section = 64, 64
	names := "\x00.rodata\x00.shstrtab\x00"
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	put(elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_DYN), Machine: uint16(machine), Version: 1, Shoff: header, Ehsize: header, Shentsize: section, Shnum: 3, Shstrndx: 2,
	})
	data := uint64(header + 3*section)
	put(elf.Section64{})
	put(elf.Section64{Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: data, Size: uint64(len(constants))})
	put(elf.Section64{Name: 9, Type: uint32(elf.SHT_STRTAB), Off: data + uint64(len(constants)), Size: uint64(len(names))})
	b.WriteString(constants + names)
	return b.String()
}

func TestDetectThisMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("does not apply: not Linux: no /proc")
	}
	start := time.Now()
	m := Detect()
	if spent := time.Since(start); spent > time.Second {
		t.Errorf("took %v", spent)
	}
	if m.Kernel == "" || m.Memory == 0 || m.Cores == 0 || m.PageSize == 0 || m.GOARCH != runtime.GOARCH {
		t.Errorf("incomplete: %+v", m)
	}
	first, err := Digest()
	if second, _ := Digest(); err != nil || first != second || len(first) != len("sha256:")+64 {
		t.Errorf("digest %q, %v", first, err)
	}
	body, _ := json.MarshalIndent(m, "", "  ")
	t.Logf("%s", body)
}

func BenchmarkDetect(b *testing.B) {
	for b.Loop() {
		Detect()
	}
}

// FuzzRead: whatever the files hold, the fingerprint is bounded, printable, and fits into one event.
func FuzzRead(f *testing.F) {
	f.Add(recorded(f, "cpuinfo/loongson-3a5000"), recorded(f, "os-release/uos-20-server"), "4:cpu,memory:/a/../b\n0::/\n", smbios("D2000"), library(elf.EM_X86_64, " release version 2.36."), uint8(0))
	f.Add(strings.Repeat("flags : a b c\n\xff\x1b[2J", 99), "ID=\x00", "0::"+strings.Repeat("/x", 9999), "\x04\x04\x00\x00", "\x7fELF", uint8(1))
	f.Add("processor:\nprocessor:\n", "VERSION_ID", "1:a:", "\x04\xff", "", uint8(2))
	f.Fuzz(func(t *testing.T, cpuinfo, osRelease, groups, table, lib string, arch uint8) {
		root := files(map[string]string{
			"proc/cpuinfo": cpuinfo, "etc/os-release": osRelease, "proc/self/cgroup": groups, "sys/firmware/dmi/tables/DMI": table,
			"lib64/libc.so.6": lib, "proc/self/auxv": table, "proc/sys/kernel/osrelease": osRelease, "proc/meminfo": "MemTotal: " + groups,
			"proc/loadavg": groups, "proc/stat": "cpu " + groups, "sys/devices/system/cpu/online": groups,
			"sys/devices/system/cpu/cpu0/topology/package_cpus_list": osRelease, "sys/devices/system/node/online": groups,
			"sys/devices/system/cpu/cpu0/cache/index0/size": groups, "sys/fs/cgroup/cpu/cpu.cfs_quota_us": osRelease,
			"sys/class/dmi/id/sys_vendor": cpuinfo,
		})
		if arch&4 != 0 {
			maps.Copy(root, files(map[string]string{"sys/fs/cgroup/cgroup.controllers": "", "sys/fs/cgroup/cpu.max": groups}))
		}
		m := Read(root, Host{GOARCH: []string{"amd64", "arm64", "loong64", "riscv64"}[arch&3]})
		body, err := json.Marshal(m)
		if err != nil || len(body) > record.MaxLine/2 {
			t.Fatalf("%d bytes, %v", len(body), err)
		}
		for _, s := range append(m.Features, m.Model, m.Kernel, m.Libc, m.Board, m.Firmware, m.Microcode, m.OSRelease.PrettyName, m.Virtual) {
			if strings.ContainsFunc(s, unicode.IsControl) && !strings.Contains(s, "\t") {
				t.Fatalf("control character in %q", s)
			}
		}
	})
}
