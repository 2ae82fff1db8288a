package toolchain

import (
	"errors"

	"github.com/xcmatrix/xcmatrix/results/executable"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// program returns the facts of a program for an architecture, after a change.
func program(goarch string, change func(f *executable.Facts)) executable.Facts {
	f := executable.Facts{GOARCH: goarch, Type: "ET_EXEC", Class: 64, ByteOrder: "little", OSABI: "ELFOSABI_NONE", Static: true, NX: true, Entry: 0x10000, PageSizes: []int{4 << 10, 16 << 10, 64 << 10},
		Header:   executable.Header{HeaderBytes: 64},
		Segments: []executable.Segment{{Type: "PT_LOAD", Flags: "r-x", Addr: 0x10000, File: 64, Memory: 64, Align: 0x10000}, {Type: "PT_GNU_STACK", Flags: "rw-"}},
		Symbols:  executable.Symbols{Present: true, Functions: 1000}, Debug: executable.Debug{Present: true, Units: 9, Versions: []int{5}}}
	if goarch == "loong64" {
		f.Flags, f.ABI = 0x43, "lp64d, object ABI v1"
	}
	change(&f)
	return f
}

func none(*executable.Facts) {}

// crossBroken returns the broken facts of the specs that build programs, and of those of proxies.
func crossBroken() check.BrokenFacts {
	all := check.BrokenFacts{}
	for goarch, other := range map[string]string{"amd64": "arm64", "arm64": "loong64", "loong64": "amd64"} {
		name := "a program for " + goarch
		all["cross compilation / builds for "+goarch+" what the header says, without an interpreter"] = []check.Facts{
			{check.Sound: nil, name: program(goarch, none)}, {name: program(other, none)},
			{name: program(goarch, func(f *executable.Facts) { f.Interpreter = "/lib64/ld.so.1" })},
			{name: program(goarch, func(f *executable.Facts) { f.NX = false })},
		}
	}
	one := func(id, name string, changes ...func(f *executable.Facts)) {
		rows := []check.Facts{}
		for _, change := range changes {
			rows = append(rows, check.Facts{name: program("amd64", change)})
		}
		all["cross compilation / "+id] = rows
	}
	one("gives each local symbol a section, and each function an address in it", "a program with symbols", func(f *executable.Facts) { f.Symbols.LocalUndef = []string{"runtime.gcWriteBarrier1"} },
		func(f *executable.Facts) { f.Symbols.Misplaced = []string{"main.main"} }, func(f *executable.Facts) { f.Symbols.Present = false })
	one("keeps the symbols with -w, and drops DWARF", "a program built with -w", none, func(f *executable.Facts) { f.Symbols.Present = false })
	one("drops the symbols with -s", "a program built with -s", none)
	one("writes whole DWARF", "a program with DWARF", func(f *executable.Facts) { f.Debug.Broken = true }, func(f *executable.Facts) { f.Debug.Units = 0 }, func(f *executable.Facts) { f.Debug.Lacking = []string{"line"} })
	all["cross compilation / refuses to link by another linker without cgo"] = []check.Facts{{"answer to -linkmode=external without cgo": answer{}},
		{"answer to -linkmode=external without cgo": answer{"no space left", errors.New("exit status 1")}}}
	for id, facts := range map[string]check.Facts{
		"leaves the domains below a host out too, where NO_PROXY names the host": {"proxies with NO_PROXY=example.com": []bool{false, true, true}},
		"leaves the domains alone out, where NO_PROXY begins with a dot":         {"proxies with NO_PROXY=.example.com": []bool{false, false}},
		"matches networks and ports of NO_PROXY":                                 {"proxies with networks and ports in NO_PROXY": []bool{true, true, false, true}},
		"asks no proxy for this machine":                                         {"proxies for this machine": []bool{false, true}},
		"takes the proxy that a transport names, whatever the environment says":  {"answer to a transport with a proxy": "direct"},
	} {
		all["proxy / "+id] = []check.Facts{facts}
	}
	return all
}
