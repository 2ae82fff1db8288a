package elf

import (
	"debug/elf"
	"debug/gosym"
	"maps"
	"runtime/debug"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSpecsCanFail(t *testing.T) {
	all := rulesBroken()
	maps.Copy(all, broken)
	check.ProveFailures(t, Suite, all)
}

// soundSegments returns the program headers of a sound file of 0x220000 bytes, after change has changed them.
func soundSegments(change func(all []elf.ProgHeader)) []elf.ProgHeader {
	all := []elf.ProgHeader{
		{Type: elf.PT_LOAD, Flags: elf.PF_R | elf.PF_X, Off: 0, Vaddr: 0x10000, Filesz: 0x100000, Memsz: 0x100000, Align: 0x10000},
		{Type: elf.PT_LOAD, Flags: elf.PF_R, Off: 0x100000, Vaddr: 0x110000, Filesz: 0x100000, Memsz: 0x100000, Align: 0x10000},
		{Type: elf.PT_LOAD, Flags: elf.PF_R | elf.PF_W, Off: 0x200000, Vaddr: 0x210000, Filesz: 0x10000, Memsz: 0x40000, Align: 0x10000},
		{Type: elf.PT_GNU_STACK, Flags: elf.PF_R | elf.PF_W},
	}
	if change != nil {
		change(all)
	}
	return all
}

// soundSections returns the section headers of that file.
func soundSections(change func(all []elf.SectionHeader)) []elf.SectionHeader {
	all := []elf.SectionHeader{{},
		{Name: ".text", Type: elf.SHT_PROGBITS, Flags: elf.SHF_ALLOC | elf.SHF_EXECINSTR, Addr: 0x11000, Size: 0x80000},
		{Name: ".rodata", Type: elf.SHT_PROGBITS, Flags: elf.SHF_ALLOC, Addr: 0x110000, Size: 0x80000},
		{Name: ".data", Type: elf.SHT_PROGBITS, Flags: elf.SHF_ALLOC | elf.SHF_WRITE, Addr: 0x210000, Size: 0x8000},
		{Name: ".bss", Type: elf.SHT_NOBITS, Flags: elf.SHF_ALLOC | elf.SHF_WRITE, Addr: 0x220000, Size: 0x8000},
	}
	if change != nil {
		change(all)
	}
	return all
}

func segment(i int, change func(p *elf.ProgHeader)) check.Facts {
	return check.Facts{"program headers": soundSegments(func(all []elf.ProgHeader) { change(&all[i]) })}
}

// with returns facts with another one added.
func with(f check.Facts, name string, value any) check.Facts {
	f[name] = value
	return f
}

func header(change func(h *elf.FileHeader)) func(elf.FileHeader) elf.FileHeader {
	return func(h elf.FileHeader) elf.FileHeader { change(&h); return h }
}

var entry = header(func(h *elf.FileHeader) { h.Entry = 0x11000 })

const vectorFact = "auxiliary vector's entry, number, size and address of headers"

// soundMappings returns the mappings of the sound file.
func soundMappings(change func(all []mapping)) []mapping {
	all := []mapping{{from: 0x10000, to: 0x110000, rights: "r-xp"}, {from: 0x110000, to: 0x210000, rights: "r--p"}, {from: 0x210000, to: 0x250000, rights: "rw-p"}}
	if change != nil {
		change(all)
	}
	return all
}

var broken = check.BrokenFacts{
	"header / is of the architecture, 64 bits and little-endian": {
		{"file header": header(func(h *elf.FileHeader) { h.Class = elf.ELFCLASS32 })},
		{"file header": header(func(h *elf.FileHeader) { h.Data = elf.ELFDATA2MSB })},
		{"file header": header(func(h *elf.FileHeader) { h.Machine = elf.EM_MIPS })},
	},
	"header / asks for no operating system's extensions": {
		{"file header": header(func(h *elf.FileHeader) { h.OSABI = elf.ELFOSABI_LINUX })},
		{"file header": header(func(h *elf.FileHeader) { h.ABIVersion = 1 })},
		{"file header": header(func(h *elf.FileHeader) { h.Version = 2 })},
	},
	"header / names the floating-point and object ABI in its flags": {{"flags of the file header": uint32(0x3)}},
	"header / is an executable at a fixed address, or a position-independent one": {
		{"file header": header(func(h *elf.FileHeader) { h.Type = elf.ET_REL })},
	},
	"header / starts in code": {
		{check.Sound: nil, "program headers": soundSegments(nil), "file header": entry},
		{"program headers": soundSegments(nil), "file header": header(func(h *elf.FileHeader) { h.Entry = 0 })},
		{"program headers": soundSegments(nil), "file header": header(func(h *elf.FileHeader) { h.Entry = 0x110000 })},
	},

	"segment / names no interpreter": {
		{check.Sound: nil, "program headers": soundSegments(nil)},
		segment(3, func(p *elf.ProgHeader) { p.Type = elf.PT_INTERP }),
	},
	"segment / needs no shared library": {{"imported libraries": []string{"libc.so.6"}}},
	"segment / is never writable and executable at once": {
		{check.Sound: nil, "program headers": soundSegments(nil)},
		segment(2, func(p *elf.ProgHeader) { p.Flags |= elf.PF_X }),
	},
	"segment / aligns to the largest page that the architecture's kernels have": {
		{check.Sound: nil, "program headers": soundSegments(nil)},
		segment(0, func(p *elf.ProgHeader) { p.Align = 0x800 }), segment(1, func(p *elf.ProgHeader) { p.Align = 0x18000 }),
	},
	"segment / lies in the file as in memory, page for page": {
		{check.Sound: nil, "program headers": soundSegments(nil)},
		segment(1, func(p *elf.ProgHeader) { p.Off += 16 }),
	},
	"segment / follows the one before it without sharing a page": {
		{check.Sound: nil, "program headers": soundSegments(nil)},
		segment(0, func(p *elf.ProgHeader) { p.Memsz += 8 }),
	},
	"segment / ends within the file": {
		{check.Sound: nil, "program headers": soundSegments(nil), "bytes of the file": uint64(0x220000)},
		with(segment(2, func(p *elf.ProgHeader) { p.Filesz++ }), "bytes of the file", uint64(0x210000)),
	},
	"segment / of the stack is not executable": {
		{check.Sound: nil, "program headers": soundSegments(nil)},
		segment(3, func(p *elf.ProgHeader) { p.Flags |= elf.PF_X }), segment(3, func(p *elf.ProgHeader) { p.Type = elf.PT_NULL }),
	},

	"section / list is Go's": {
		{check.Sound: nil, "section headers": soundSections(nil)},
		{"section headers": soundSections(func(all []elf.SectionHeader) { all[2].Name = ".rdata" })},
	},
	"section / in memory lies in a segment with its rights": {
		{check.Sound: nil, "section headers": soundSections(nil), "program headers": soundSegments(nil)},
		{"section headers": soundSections(func(all []elf.SectionHeader) { all[1].Addr = 0x300000 }), "program headers": soundSegments(nil)},
		{"section headers": soundSections(func(all []elf.SectionHeader) { all[3].Size = 0x80000 }), "program headers": soundSegments(nil)},
		{"section headers": soundSections(func(all []elf.SectionHeader) { all[2].Flags |= elf.SHF_WRITE }), "program headers": soundSegments(nil)},
		{"section headers": soundSections(func(all []elf.SectionHeader) { all[2].Flags |= elf.SHF_EXECINSTR }), "program headers": soundSegments(nil)},
	},
	"section / of relocations is there only where a dynamic linker is": {
		{check.Sound: nil, "section headers": soundSections(nil)},
		{"section headers": soundSections(func(all []elf.SectionHeader) { all[2].Type = elf.SHT_RELA })},
		{"section headers": soundSections(func(all []elf.SectionHeader) { all[2].Type = elf.SHT_REL })},
	},
	"section / of debugging is whole, or stripped": {
		{check.Sound: nil, "section headers": soundSections(nil)},
		{"section headers": soundSections(func(all []elf.SectionHeader) { all[4].Name = ".debug_line" })},
		{"section headers": soundSections(func(all []elf.SectionHeader) { all[4].Name = ".debug_info" }), "first unit of DWARF": nil},
	},

	"symbol / is defined, in a section that is there": {
		{check.Sound: nil, "section headers": soundSections(nil), "symbols": []elf.Symbol{{Name: "a", Section: 1}, {Name: "b", Section: elf.SHN_ABS}}},
		{"section headers": soundSections(nil), "symbols": []elf.Symbol{{Name: "a", Section: elf.SHN_UNDEF}}},
		{"section headers": soundSections(nil), "symbols": []elf.Symbol{{Name: "a", Section: 5}}},
	},
	"symbol / of the write barrier is a function in .text, one for each of eight sizes": {
		{check.Sound: nil, "entries of the write barrier": map[int]uint64{1: 0x11000}, "begin and end of .text": [2]uint64{0x11000, 0x91000}},
		{"entries of the write barrier": map[int]uint64{1: 1}}, {"entries of the write barrier": map[int]uint64{8: 1 << 63}},
	},
	"symbol / of functions stand in order, all in .text": {
		{check.Sound: nil, "functions": []gosym.Func{{Entry: 0x11000, Sym: &gosym.Sym{Name: "f"}}, {Entry: 0x12000, Sym: &gosym.Sym{Name: "f"}}}, "begin and end of .text": [2]uint64{0x11000, 0x91000}},
		{"functions": []gosym.Func{{Entry: 0x12000, Sym: &gosym.Sym{Name: "f"}}, {Entry: 0x11000, Sym: &gosym.Sym{Name: "f"}}}, "begin and end of .text": [2]uint64{0x11000, 0x91000}},
		{"functions": []gosym.Func{{Entry: 0x11000, Sym: &gosym.Sym{Name: "f"}}, {Entry: 0x91000, Sym: &gosym.Sym{Name: "f"}}}, "begin and end of .text": [2]uint64{0x11000, 0x91000}},
	},
	"symbol / that a traceback names is the one in the file": {
		{"name of a function by its address in the file": "main.main"}, {"name of a function by its address in the file": ""},
		{"name of a function in a traceback": "main.main"},
	},
	"symbol / of a line is the one that the compiler saw": {{"place of an address in the file": "symbol.go:1"}},

	"build information / in the file is what the process reports": {
		{"build information in the file": func(b debug.BuildInfo) debug.BuildInfo { b.GoVersion = "go1.4"; return b }},
		{"build information in the file": func(b debug.BuildInfo) debug.BuildInfo { b.Settings = nil; return b }},
		{"build information in the file": func(b debug.BuildInfo) debug.BuildInfo { b.Main.Path = "example.com"; return b }},
	},
	"build information / names the architecture and its level": {
		{"GOARCH of the build": "mips64"}, {"GOOS of the build": "plan9"},
	},
	"build information / has a build ID note": {
		{"note of the build ID": []byte("\x04\x00\x00\x00\x10\x00\x00\x00\x04\x00\x00\x00GNU\x00abcd")}, {"note of the build ID": []byte{}},
	},

	"loaded / entry and headers are where the file says": {
		{check.Sound: nil, "program headers": soundSegments(nil), "file header": entry, vectorFact: [4]uint64{0x11000, 4, 56, 0x10040}},
		{"program headers": soundSegments(nil), "file header": entry, vectorFact: [4]uint64{0x12000, 4, 56, 0x10040}},
		{"program headers": soundSegments(nil), "file header": entry, vectorFact: [4]uint64{0x11000, 5, 56, 0x10040}},
		{"program headers": soundSegments(nil), "file header": entry, vectorFact: [4]uint64{0x11000, 4, 32, 0x10040}},
		{"program headers": soundSegments(nil), "file header": entry, vectorFact: [4]uint64{0x11000, 4, 56, 0x40}},
	},
	"loaded / no interpreter was put beside it": {{"AT_BASE": uint64(0x7f0000000000)}},
	"loaded / each segment has the rights that its header asks for": {
		{check.Sound: nil, "program headers": soundSegments(nil), "mappings": soundMappings(nil)},
		{"program headers": soundSegments(nil), "mappings": soundMappings(func(all []mapping) { all[0].rights = "rwxp" })},
		{"program headers": soundSegments(nil), "mappings": soundMappings(func(all []mapping) { all[1].rights = "r-xp" })},
		{"program headers": soundSegments(nil), "mappings": soundMappings(nil)[1:]},
	},
	"loaded / no memory of the process is writable and executable": {
		{check.Sound: nil, "mappings": soundMappings(nil)},
		{"mappings": soundMappings(func(all []mapping) { all[2].rights = "rwxp" })},
	},
	"loaded / code in memory is code in the file": {{"code in the file and in memory": [2]string{"abc", "abd"}}},
}
