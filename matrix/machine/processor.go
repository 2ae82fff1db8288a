package machine

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// processor is what /proc/cpuinfo says of the first processor.
type processor struct {
	text      string // raw
	identity  string // the text that the catalogue recognises: with the firmware's name where the kernel gives none
	model     string
	microcode string
	features  []string
	foreign   bool // the text is of another architecture than the code
}

const (
	maxCPUInfo  = 8 << 10 // bytes kept of the first processor's text
	maxFeatures = 512
)

// readProcessor reads the first processor. firmwareName is what SMBIOS calls it: on arm64, mainline kernels print no
// model name, and the chips of a family differ in nothing else.
func readProcessor(t tree, goarch, firmwareName string) processor {
	text := first(t.read("proc/cpuinfo"))
	fields := catalog.Fields(text)
	p := processor{
		text:      clean(text, maxCPUInfo),
		model:     clean(fields["model name"], maxField),
		microcode: clean(fields["microcode"], maxField),
		foreign:   foreign(fields, goarch),
	}
	p.identity = p.text
	if p.model == "" && firmwareName != "" && goarch == "arm64" {
		p.model = firmwareName
		p.identity += "\nmodel name : " + firmwareName + "\n"
	}
	flags := fields["features"]
	if goarch == "amd64" {
		flags = fields["flags"]
	}
	if p.foreign || flags == "" {
		p.model, p.identity, p.microcode = "", "", ""
		p.features = auxFeatures(t.read("proc/self/auxv"), goarch)
		return p
	}
	p.features = strings.Fields(clean(flags, maxCPUInfo))
	p.features = p.features[:min(len(p.features), maxFeatures)]
	return p
}

// foreign reports whether the text is of another architecture: it has that one's leading field and lacks its own.
func foreign(fields map[string]string, goarch string) bool {
	own := map[string]string{"amd64": "vendor_id", "arm64": "cpu implementer", "loong64": "cpu family"}
	if _, known := own[goarch]; !known {
		return false
	}
	// "cpu family" is on amd64 too, a number there.
	leads := func(arch string) bool {
		value, there := fields[own[arch]]
		return there && (arch != "loong64" || strings.HasPrefix(value, "Loongson"))
	}
	for arch := range own {
		if arch != goarch && leads(arch) && !leads(goarch) {
			return true
		}
	}
	return false
}

// first cuts a cpuinfo text before its second processor. LoongArch's begins with a line for the whole system.
func first(cpuinfo string) string {
	at, seen := 0, 0
	for line := range strings.Lines(cpuinfo) {
		if key, _, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "processor" {
			if seen++; seen == 2 {
				return cpuinfo[:at]
			}
		}
		at += len(line)
	}
	return cpuinfo
}

// sockets counts the packages with one read for each: the first processor's siblings, then those of the first
// processor that is left. Offline processors have no topology, and are not counted.
func sockets(t tree) int {
	left, n := list(t.line("sys/devices/system/cpu/online")), 0
	for len(left) > 0 {
		dir := fmt.Sprintf("sys/devices/system/cpu/cpu%d/topology/", left[0])
		siblings := list(t.line(dir + "package_cpus_list"))
		if siblings == nil {
			siblings = list(t.line(dir + "core_siblings_list")) // its name before Linux 5.3
		}
		if siblings == nil {
			return n
		}
		own := left[0]
		left = slices.DeleteFunc(left, func(cpu int) bool { return cpu == own || slices.Contains(siblings, cpu) })
		n++
	}
	return n
}

// caches lists the caches of the first processor.
func caches(t tree) []record.Cache {
	const dir = "sys/devices/system/cpu/cpu0/cache"
	entries, _ := fs.ReadDir(t, dir)
	var all []record.Cache
	for _, e := range entries[:min(len(entries), 16)] {
		if !strings.HasPrefix(e.Name(), "index") {
			continue
		}
		index := path.Join(dir, e.Name())
		level, _ := t.number(path.Join(index, "level"))
		size, ok := cacheBytes(t.line(path.Join(index, "size")))
		if ok && level > 0 && level < 16 {
			all = append(all, record.Cache{Level: int(level), Type: t.line(path.Join(index, "type")), Bytes: size})
		}
	}
	return all
}

// cacheBytes parses sysfs' "512K"; the kernel writes kibibytes always.
func cacheBytes(s string) (uint64, bool) {
	digits, ok := strings.CutSuffix(s, "K")
	n, err := strconv.ParseUint(digits, 10, 32)
	return n << 10, ok && err == nil
}
