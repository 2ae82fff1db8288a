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

// processor is the description of the first processor in /proc/cpuinfo.
type processor struct {
	text              string          // raw
	model             string          // the chip's name; "" if unknown
	namedBy           record.Sentence // the source of the model
	microcode         string
	features          []string
	otherArchitecture bool // the text describes a processor of another architecture
	noFeatures        bool // the text has no CPU features; no real kernel prints such a text
}

const (
	maxCPUInfo  = 8 << 10 // bytes of the first processor's text that are kept
	maxFeatures = 512
)

// readProcessor reads the description of the first processor. On arm64, where mainline kernels print no model name and the chips
// of a family differ in nothing else, the model is the firmware's name of the processor.
func readProcessor(t tree, goarch string, hw firmware) processor {
	text := firstProcessor(t.read("proc/cpuinfo"))
	fields := catalog.Fields(text)
	p := processor{
		text:              clean(text, maxCPUInfo),
		model:             clean(fields["model name"], maxField),
		namedBy:           record.Say("the kernel", "系统内核"),
		microcode:         clean(fields["microcode"], maxField),
		otherArchitecture: otherArchitecture(fields, goarch),
	}
	if goarch == "arm64" && !isChipName(p.model) {
		p.model, p.namedBy = hw.processor, record.Say("the firmware", "固件")
	}
	flags := fields["features"]
	if goarch == "amd64" {
		flags = fields["flags"]
	}
	if p.noFeatures = flags == ""; p.otherArchitecture || p.noFeatures {
		p.model, p.microcode = "", ""
		p.features = auxFeatures(t.read("proc/self/auxv"), goarch)
		return p
	}
	p.features = strings.Fields(clean(flags, maxCPUInfo))
	p.features = p.features[:min(len(p.features), maxFeatures)]
	return p
}

// chip returns the catalogue's entry for the processor's name. If the catalogue does not know the kernel's name, chip tries the
// firmware's.
func (p *processor) chip(goarch string, hw firmware) catalog.Chip {
	if p.otherArchitecture || p.noFeatures {
		return catalog.Chip{}
	}
	chip, _ := catalog.RecogniseChip(p.identity(p.model), goarch)
	if chip.Kind != catalog.Generic || goarch != "arm64" || hw.processor == "" {
		return chip
	}
	if other, _ := catalog.RecogniseChip(p.identity(hw.processor), goarch); other.Kind == catalog.Real {
		p.model, p.namedBy = hw.processor, record.Say("the firmware", "固件")
		return other
	}
	return chip
}

// identity returns a cpuinfo text with this model name, for catalog.RecogniseChip.
func (p *processor) identity(model string) string {
	if model == "" {
		return p.text
	}
	return "model name : " + model + "\n" + p.text
}

// otherArchitecture reports whether a cpuinfo text is of another architecture: it has a field that only that architecture has, and
// lacks the field of goarch.
func otherArchitecture(fields map[string]string, goarch string) bool {
	own := map[string]string{"amd64": "vendor_id", "arm64": "cpu implementer", "loong64": "cpu family"}
	if _, known := own[goarch]; !known {
		return false
	}
	// amd64 has "cpu family" too, but as a number.
	hasField := func(arch string) bool {
		value, ok := fields[own[arch]]
		return ok && (arch != "loong64" || strings.HasPrefix(strings.ToLower(value), "loongson"))
	}
	for arch := range own {
		if arch != goarch && hasField(arch) && !hasField(goarch) {
			return true
		}
	}
	return false
}

// firstProcessor returns a cpuinfo text up to its second processor. On LoongArch it includes a line for the whole system.
func firstProcessor(cpuinfo string) string {
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

// sockets returns the number of processor packages with processors that are online. It reads one file per package: the siblings
// of the first processor, then those of the first processor that is no sibling, and so on.
func sockets(t tree) int {
	left, n := parseList(t.firstLine("sys/devices/system/cpu/online")), 0
	for len(left) > 0 {
		dir := fmt.Sprintf("sys/devices/system/cpu/cpu%d/topology/", left[0])
		siblings := parseList(t.firstLine(dir + "package_cpus_list"))
		if siblings == nil {
			siblings = parseList(t.firstLine(dir + "core_siblings_list")) // the name before Linux 5.3
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

// caches returns the caches of the first processor.
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
		size, ok := cacheBytes(t.firstLine(path.Join(index, "size")))
		if ok && level > 0 && level < 16 {
			all = append(all, record.Cache{Level: int(level), Type: t.firstLine(path.Join(index, "type")), Bytes: size})
		}
	}
	return all
}

// cacheBytes parses a size in sysfs such as "512K"; the kernel always writes kibibytes.
func cacheBytes(s string) (uint64, bool) {
	digits, ok := strings.CutSuffix(s, "K")
	n, err := strconv.ParseUint(digits, 10, 32)
	return n << 10, ok && err == nil
}
