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
	model     string // the chip's name; "" where nothing names it
	namedBy   record.Sentence
	microcode string
	features  []string
	foreign   bool // the text is of another architecture than the code
	blank     bool // the text has no features in it, as no kernel of the architecture prints it
}

const (
	maxCPUInfo  = 8 << 10 // bytes kept of the first processor's text
	maxFeatures = 512
)

// readProcessor reads the first processor. On arm64, mainline kernels print no model name, and the chips of a family differ
// in nothing else: there the firmware's name stands in.
func readProcessor(t tree, goarch string, hw firmware) processor {
	text := first(t.read("proc/cpuinfo"))
	fields := catalog.Fields(text)
	p := processor{
		text:      clean(text, maxCPUInfo),
		model:     clean(fields["model name"], maxField),
		namedBy:   record.Say("the kernel", "系统内核"),
		microcode: clean(fields["microcode"], maxField),
		foreign:   foreign(fields, goarch),
	}
	if goarch == "arm64" && !named(p.model) {
		p.model, p.namedBy = hw.processor, record.Say("the firmware", "固件")
	}
	flags := fields["features"]
	if goarch == "amd64" {
		flags = fields["flags"]
	}
	if p.blank = flags == ""; p.foreign || p.blank {
		p.model, p.microcode = "", ""
		p.features = auxFeatures(t.read("proc/self/auxv"), goarch)
		return p
	}
	p.features = strings.Fields(clean(flags, maxCPUInfo))
	p.features = p.features[:min(len(p.features), maxFeatures)]
	return p
}

// chip is the catalogue's entry for the processor: by the name that the kernel or the firmware gives, and by the firmware's
// where the catalogue does not know the kernel's.
func (p *processor) chip(goarch string, hw firmware) catalog.Chip {
	if p.foreign || p.blank {
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

// identity is the text that the catalogue recognises, under a name.
func (p *processor) identity(model string) string {
	if model == "" {
		return p.text
	}
	return "model name : " + model + "\n" + p.text
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
		return there && (arch != "loong64" || strings.HasPrefix(strings.ToLower(value), "loongson"))
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
