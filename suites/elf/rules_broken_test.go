package elf

import (
	"runtime"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/executable"
	"github.com/xcmatrix/xcmatrix/results/executable/code"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// sound returns the facts of a sound static program for LoongArch.
func sound() executable.Facts {
	return executable.Facts{Bytes: 0x220000, Class: 64, ByteOrder: "little", Machine: "EM_LOONGARCH", GOARCH: "loong64", Type: "ET_EXEC", OSABI: "ELFOSABI_NONE", Entry: 0x11000,
		Flags: 0x43, ABI: "lp64d, object ABI v1", Static: true, RELRO: "none", NX: true, PageSizes: []int{4 << 10, 16 << 10, 64 << 10},
		Segments: []executable.Segment{{Type: "PT_LOAD", Flags: "r-x", Addr: 0x10000, File: 0x100000, Memory: 0x100000, Align: 0x10000},
			{Type: "PT_LOAD", Flags: "rw-", Offset: 0x200000, Addr: 0x210000, File: 0x10000, Memory: 0x40000, Align: 0x10000},
			{Type: "PT_GNU_STACK", Flags: "rw-", Align: 8}},
		Sections: []executable.Section{{Type: "SHT_NULL"}, {Name: ".text", Type: "SHT_PROGBITS", Flags: "ax", Addr: 0x11000, Size: 0x80000, Align: 64},
			{Name: ".data", Type: "SHT_PROGBITS", Flags: "wa", Addr: 0x210000, Size: 0x8000, Align: 32}, {Name: ".shstrtab", Type: "SHT_STRTAB", Size: 40, Align: 1},
			{Name: ".symtab", Type: "SHT_SYMTAB", Size: 48, Align: 8, Link: 3, Info: 1, Entry: 24}},
		Symbols: executable.Symbols{Present: true, Local: 3, Global: 5}, Debug: executable.Debug{Present: true, Units: 3, Versions: []int{5}},
		Notes:   []executable.Note{{Owner: "Go", Type: 4, Bytes: 83}, {Owner: "GNU", Type: 3, Bytes: 20}, {Owner: "GNU", Type: 1, Bytes: 16, Says: "for Linux 5.19.0 or newer"}},
		Go:      &executable.GoBuild{Version: "go1.26.8", BuildID: "a/b/c/d", Settings: map[string]string{"GOARCH": "loong64", "GOOS": "linux", "CGO_ENABLED": "0"}},
		Vectors: code.Usage{Read: true, Uses: []code.Use{{Function: "f", Feature: "lsx", Instructions: 3, Guard: code.Tested}}},
		Header:  executable.Header{HeaderBytes: 64, ProgramBytes: 56, SectionBytes: 64, ProgramHeaders: 3, SectionHeaders: 5, NameSection: 3}}
}

type changes []func(f *executable.Facts)

// against has, for each rule, changes of the sound file under which it does not hold.
var against = map[string]changes{
	"header-class":    {func(f *executable.Facts) { f.Class = 32 }, func(f *executable.Facts) { f.ByteOrder = "big" }},
	"header-size":     {func(f *executable.Facts) { f.Header.HeaderBytes = 52 }},
	"header-flags":    {func(f *executable.Facts) { f.Flags = 0x143 }, func(f *executable.Facts) { f.GOARCH = "arm64" }, func(f *executable.Facts) { f.ABI = "base ABI unknown, object ABI v1" }},
	"header-float":    {func(f *executable.Facts) { f.Flags, f.ABI = 0x41, "lp64s, object ABI v1" }},
	"header-system":   {func(f *executable.Facts) { f.OSABI = "ELFOSABI_FREEBSD" }},
	"header-version":  {func(f *executable.Facts) { f.Header.ABIVersion = 3 }},
	"header-entry":    {func(f *executable.Facts) { f.Entry = 0x210000 }, func(f *executable.Facts) { f.Entry = 8 }},
	"header-segments": {func(f *executable.Facts) { f.Segments, f.Entry = nil, 0 }},

	"segment-align":     {func(f *executable.Facts) { f.Segments[0].Align = 0x18000 }},
	"segment-congruent": {func(f *executable.Facts) { f.Segments[1].Offset += 16 }},
	"segment-memory":    {func(f *executable.Facts) { f.Segments[1].Memory = 16 }},
	"segment-end":       {func(f *executable.Facts) { f.Segments[1].Addr = 1<<63 - 0x10000 }, func(f *executable.Facts) { f.Segments[1].Memory = 1<<64 - 0x10000 }},
	"segment-rights":    {func(f *executable.Facts) { f.Segments[1].Flags = "rwx" }},
	"segment-readable":  {func(f *executable.Facts) { f.Segments[0].Flags = "--x" }},
	"segment-order":     {func(f *executable.Facts) { f.Segments[0], f.Segments[1] = f.Segments[1], f.Segments[0] }},
	"segment-overlap":   {func(f *executable.Facts) { f.Segments[0].Memory = 0x300000 }},
	"segment-pages":     {func(f *executable.Facts) { f.PageSizes = []int{4 << 10} }, func(f *executable.Facts) { f.PageSizes = nil }},
	"segment-stack":     {func(f *executable.Facts) { f.NX = false }, func(f *executable.Facts) { f.Segments = f.Segments[:2] }, func(f *executable.Facts) { f.Segments = append(f.Segments, f.Segments[2]) }},
	"segment-headers": {func(f *executable.Facts) {
		f.Segments = append(f.Segments, executable.Segment{Type: "PT_PHDR", Addr: 0x40, Memory: 168})
	}},
	"segment-relro": {func(f *executable.Facts) {
		f.Segments = append(f.Segments, executable.Segment{Type: "PT_GNU_RELRO", Addr: 0x400000, Memory: 16})
	}},
	"segment-tls": {func(f *executable.Facts) {
		t := executable.Segment{Type: "PT_TLS", Memory: 8}
		f.Segments = append(f.Segments, t, t)
	}},

	"interpreter-path":  {func(f *executable.Facts) { f.Interpreter = "ld.so.1" }},
	"interpreter-known": {func(f *executable.Facts) { f.Interpreter = "/lib/ld-linux-aarch64.so.1" }},
	"interpreter-once": {func(f *executable.Facts) {
		i := executable.Segment{Type: "PT_INTERP"}
		f.Segments = append(f.Segments, i, i)
	}},
	"dynamic-readable":    {func(f *executable.Facts) { f.Dynamic.Present, f.Dynamic.Undone = true, true }},
	"dynamic-interpreter": {func(f *executable.Facts) { f.Needed = []string{"libc.so.6"} }},
	"dynamic-text":        {func(f *executable.Facts) { f.Dynamic.TextRel = true }},
	"dynamic-path":        {func(f *executable.Facts) { f.RunPath = []string{"/lib", ""} }, func(f *executable.Facts) { f.RunPath = []string{"lib"} }},
	"world-one":           {func(f *executable.Facts) { f.World = "mixed" }},

	"section-segment": {func(f *executable.Facts) { f.Sections[1].Addr = 0x800000 }, func(f *executable.Facts) { f.Sections[2].Size = 0x80000 }},
	"section-rights":  {func(f *executable.Facts) { f.Sections[2].Flags = "wax" }},
	"section-align":   {func(f *executable.Facts) { f.Sections[1].Align = 48 }, func(f *executable.Facts) { f.Sections[1].Addr += 8 }},
	"section-link":    {func(f *executable.Facts) { f.Sections[4].Link = 5 }},
	"section-first":   {func(f *executable.Facts) { f.Sections[0].Type = "SHT_PROGBITS" }},
	"section-entries": {func(f *executable.Facts) { f.Sections[4].Size = 47 }, func(f *executable.Facts) { f.Sections[4].Entry = 0 }},
	"section-names":   {func(f *executable.Facts) { f.Header.NameSection = 1 }},

	"symbol-section": {func(f *executable.Facts) { f.Symbols.BadSection = []string{"runtime.gcWriteBarrier1"} }},
	"symbol-local":   {func(f *executable.Facts) { f.Symbols.LocalUndef = []string{"runtime.gcWriteBarrier1"} }},
	"symbol-place":   {func(f *executable.Facts) { f.Symbols.Misplaced = []string{"main.main"} }},
	"symbol-late":    {func(f *executable.Facts) { f.Symbols.LateLocal = []string{"x"} }},
	"symbol-early":   {func(f *executable.Facts) { f.Symbols.EarlyGlobal = []string{"x"} }},
	"symbol-name":    {func(f *executable.Facts) { f.Symbols.Unnamed = 1 }},
	"symbol-static":  {func(f *executable.Facts) { f.Symbols.Undefined = 1 }},

	"note-whole":    {func(f *executable.Facts) { f.Notes[0].Bad = true }},
	"note-build-id": {func(f *executable.Facts) { f.Notes[1].Bytes = 4 }, func(f *executable.Facts) { f.Notes[1].Bytes = 65 }},
	"note-system":   {func(f *executable.Facts) { f.Notes[2].Says = "for FreeBSD 9.0.0 or newer" }},

	"debugging-whole":   {func(f *executable.Facts) { f.Debug.Lacking = []string{"line"} }},
	"debugging-units":   {func(f *executable.Facts) { f.Debug.Broken = true }},
	"debugging-version": {func(f *executable.Facts) { f.Debug.Versions = []int{5, 6} }, func(f *executable.Facts) { f.Debug.Versions = []int{1} }},

	"go-arch":     {func(f *executable.Facts) { f.Go.Settings["GOARCH"] = "arm64" }},
	"go-system":   {func(f *executable.Facts) { f.Go.Settings["GOOS"] = "freebsd" }},
	"go-version":  {func(f *executable.Facts) { f.Go.Version = "go1.18.3" }},
	"go-static":   {func(f *executable.Facts) { f.Needed = []string{"libc.so.6"} }},
	"go-build-id": {func(f *executable.Facts) { f.Go.BuildID = "" }},

	"code-tested":     {func(f *executable.Facts) { f.Vectors.Uses[0].Guard, f.Vectors.Uses[0].Feature = code.None, "sve" }},
	"code-test-width": {func(f *executable.Facts) { f.Vectors.Uses[0].Guard, f.Vectors.Uses[0].Feature = code.Wide, "sm3" }},
}

// rulesBroken returns the broken facts of the specs that hold a file against rules.
func rulesBroken() check.BrokenFacts {
	all := check.BrokenFacts{}
	for _, r := range executable.Rules() {
		topic := r.Topic + " " + r.Holds
		for _, change := range against[r.ID] {
			f := sound()
			change(&f)
			all["rule / "+topic] = append(all["rule / "+topic], check.Facts{"what the file says: " + r.Topic: f})
			if shared(r) {
				all["system's loader / "+topic] = append(all["system's loader / "+topic], check.Facts{"what the loader says: " + r.Topic: f})
			}
			if shared(r) && r.ID != "segment-stack" && r.ID != "segment-pages" && r.ID != "header-version" {
				all["vDSO / "+topic] = append(all["vDSO / "+topic], check.Facts{"what the vDSO says: " + r.Topic: f})
			}
		}
		if !r.Hint && len(against[r.ID]) > 0 {
			all["rule / "+topic] = append(all["rule / "+topic], check.Facts{check.Sound: nil, "what the file says: " + r.Topic: sound()})
		}
	}
	one := func(id, name string, change func(f *executable.Facts)) {
		f := sound()
		change(&f)
		all[id] = append(all[id], check.Facts{name: f})
	}
	here := func(f *executable.Facts) { f.Type, f.GOARCH = "ET_DYN", runtime.GOARCH }
	one("rule / reports the world that its interpreter and symbols are of", "what the file says: world", func(f *executable.Facts) { f.World = executable.OldWorld })
	one("rule / has code that can be followed on this architecture", "what the file says: usage", func(f *executable.Facts) { f.Vectors.Read = runtime.GOARCH == "amd64" })
	for _, which := range []string{"vDSO", "loader"} {
		group := map[string]string{"vDSO": "vDSO", "loader": "system's loader"}[which]
		one(group+" / is a shared object of this architecture", "what the "+which+" says: object", func(f *executable.Facts) { here(f); f.Type = "ET_EXEC" })
		one(group+" / is a shared object of this architecture", "what the "+which+" says: object", func(f *executable.Facts) { here(f); f.GOARCH = "mips64" })
	}
	one("vDSO / needs nothing else", "what the vDSO says: needs", func(f *executable.Facts) { f.Needed = []string{"libc.so.6"} })
	one("vDSO / needs nothing else", "what the vDSO says: needs", func(f *executable.Facts) { f.Interpreter = "/lib64/ld.so.1" })
	one("vDSO / names itself as Linux does", "what the vDSO says: name", func(f *executable.Facts) { f.SOName = strings.ToUpper("vdso") })
	one("system's loader / needs no library before it can load one", "what the loader says: needs", func(f *executable.Facts) { f.Needed = []string{"libc.so.6"} })
	return all
}
