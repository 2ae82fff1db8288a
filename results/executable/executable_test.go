package executable

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/executable/code"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// built returns the program in testdata/guards for an architecture.
func built(t testing.TB, goarch string, flags ...string) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, "no go command in PATH: install Go")
	}
	out := filepath.Join(t.TempDir(), "guards")
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, flags...), ".")...)
	cmd.Dir = t.TempDir()
	for _, name := range []string{"go.mod", "main.go", "cpu/cpu.go", "main_loong64.s", "main_arm64.s"} {
		text, err := os.ReadFile(filepath.Join("testdata/guards", name+".txt"))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(cmd.Dir, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(cmd.Dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd.Env = append(os.Environ(), "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return out
}

// Optional instructions are told apart by what stands before them, with symbols and without.
func TestGuards(t *testing.T) {
	for goarch, names := range map[string][2]string{"loong64": {"lsx", "lasx"}, "arm64": {"aes", "sm3"}} {
		for _, flags := range []string{"", "-s -w"} {
			t.Run(goarch+" "+flags, func(t *testing.T) {
				t.Parallel()
				f, err := Open(built(t, goarch, "-trimpath", "-ldflags="+flags))
				if err != nil {
					t.Fatal(err)
				}
				got := map[string]code.Guard{}
				for _, u := range f.Vectors.Uses {
					if name, is := strings.CutPrefix(strings.TrimSuffix(u.Function, ".abi0"), "main."); is {
						got[name+" "+u.Feature] = u.Guard
					}
				}
				for want, guard := range map[string]code.Guard{"tested " + names[0]: code.Tested, "inside " + names[0]: code.Tested,
					"wide " + names[0]: code.Wide, "bare " + names[1]: code.None} {
					if got[want] != guard {
						t.Errorf("%s: %q, want %q of %v", want, got[want], guard, got)
					}
				}
				if g := got["method "+names[0]]; g == code.None || g == code.Wide {
					t.Errorf("a function that a table leads to: %q", g)
				}
				for _, u := range f.Vectors.Unguarded() {
					if !strings.HasPrefix(u.Function, "main.") {
						t.Errorf("Go's own code is said to ask nobody: %+v", u)
					}
				}
				judged := ""
				for _, fault := range Judge(f) {
					judged += fault.What.In("en") + fault.What.In("zh") + "\n"
				}
				for _, want := range []string{"without " + names[1] + " it ends in SIGILL: main.bare", "没有 " + names[0] + " 的处理器上可能以 SIGILL 终止：main.wide"} {
					if !strings.Contains(judged, want) {
						t.Errorf("%q is not said: %s", want, judged)
					}
				}
			})
		}
	}
}

// This test's own file is in order, and readelf says the same of it.
func TestOwnFile(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.GOARCH != runtime.GOARCH || f.Class != 64 || f.Go == nil || f.Go.Version != runtime.Version() {
		t.Errorf("%+v", f)
	}
	for _, fault := range Judge(f) {
		if !fault.Hint {
			t.Errorf("%+v", fault)
		}
	}
	for _, tool := range Compare(t.Context(), f) {
		if tool.Absent {
			t.Logf("%s is not installed", tool.Name)
			continue
		}
		if tool.Name != "eu-elflint" && (tool.Compared < 2 || len(tool.Differences) > 0) {
			t.Errorf("%+v", tool)
		}
	}
}

// Where readelf and objdump say something else, the fact is named.
func TestDifferencesAreNamed(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for words, c := range map[string]struct {
		tool   string
		change func(*Facts)
	}{
		"class": {"readelf", func(f *Facts) { f.Class = 32 }}, "machine": {"readelf", func(f *Facts) { f.Machine = "EM_MIPS" }},
		"type": {"readelf", func(f *Facts) { f.Type = "ET_REL" }}, "entry": {"objdump", func(f *Facts) { f.Entry++ }},
		"flags": {"readelf", func(f *Facts) { f.Flags = 0x99 }}, "program headers": {"readelf", func(f *Facts) { f.Header.ProgramHeaders++ }},
		"section headers": {"readelf", func(f *Facts) { f.Header.SectionHeaders++ }}, "executable stack": {"readelf", func(f *Facts) { f.NX = !f.NX }},
		"RELRO": {"readelf", func(f *Facts) { f.RELRO += "?" }}, "loaded segments": {"objdump", func(f *Facts) { f.Segments = f.Segments[:0] }},
		"needed libraries": {"objdump", func(f *Facts) { f.Needed = []string{"libnone.so"} }},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			f, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			c.change(f)
			for _, tool := range Compare(t.Context(), f) {
				if tool.Name != c.tool {
					continue
				}
				if tool.Absent {
					needs.Absent(t, needs.Tools, tool.Name+" is not installed")
				}
				named := slices.ContainsFunc(tool.Differences, func(d record.Sentence) bool { return strings.HasPrefix(d.En, words+":") && d.Zh != d.En })
				if !named {
					t.Errorf("it is not among %+v", tool)
				}
			}
		})
	}
}

// sound returns a small ELF file that is in order: code, data, a table of symbols and names of sections.
func sound() []byte {
	le := binary.LittleEndian
	names := "\x00.text\x00.symtab\x00.strtab\x00"
	b := make([]byte, 0x400)
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], uint16(elf.ET_EXEC))
	le.PutUint16(b[18:], uint16(elf.EM_LOONGARCH))
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[24:], 0x10200)
	le.PutUint64(b[32:], 64)
	le.PutUint64(b[40:], 0x300)
	le.PutUint32(b[48:], 0x43)
	for i, v := range []uint16{64, 56, 2, 64, 4, 3} {
		le.PutUint16(b[52+2*i:], v)
	}
	for i, p := range [][8]uint64{{uint64(elf.PT_LOAD), 5, 0, 0x10000, 0x10000, 0x400, 0x400, 0x10000}, {uint64(elf.PT_GNU_STACK), 6, 0, 0, 0, 0, 0, 16}} {
		at := b[64+56*i:]
		le.PutUint32(at, uint32(p[0]))
		le.PutUint32(at[4:], uint32(p[1]))
		for k, v := range p[2:] {
			le.PutUint64(at[8+8*k:], v)
		}
	}
	copy(b[0x280:], names)
	le.PutUint32(b[0x218:], 1) // a function's symbol
	b[0x21c], b[0x21e] = 0x12, 1
	le.PutUint64(b[0x220:], 0x10240)
	section := func(i int, name, kind uint32, flags, addr, off, size uint64, link, info uint32, align, entry uint64) {
		at := b[0x300+64*i:]
		le.PutUint32(at, name)
		le.PutUint32(at[4:], kind)
		for k, v := range []uint64{flags, addr, off, size} {
			le.PutUint64(at[8+8*k:], v)
		}
		le.PutUint32(at[40:], link)
		le.PutUint32(at[44:], info)
		le.PutUint64(at[48:], align)
		le.PutUint64(at[56:], entry)
	}
	section(1, 1, uint32(elf.SHT_PROGBITS), 6, 0x10240, 0x240, 0x40, 0, 0, 16, 0)
	section(2, 7, uint32(elf.SHT_SYMTAB), 0, 0, 0x200, 48, 3, 1, 8, 24)
	section(3, 15, uint32(elf.SHT_STRTAB), 0, 0, 0x280, uint64(len(names)), 0, 0, 1, 0)
	return b
}

func TestSound(t *testing.T) {
	f, err := read(bytes.NewReader(sound()), 0x400)
	if err != nil {
		t.Fatal(err)
	}
	if faults := Judge(f); len(faults) > 0 || !f.Static || f.Symbols.Global != 1 || f.ABI != "lp64d, object ABI v1" {
		t.Errorf("%+v, %+v", faults, f)
	}
}

// What is no ELF file or is truncated is refused in one sentence, at once.
func TestRefused(t *testing.T) {
	cases := map[string]struct {
		change func(b []byte) []byte
		words  string
	}{
		"empty":                    {func([]byte) []byte { return nil }, "no ELF file"},
		"text":                     {func([]byte) []byte { return []byte("#!/bin/sh\nexit 0\n") }, "no ELF file"},
		"half a header":            {func(b []byte) []byte { return b[:40] }, "truncated: the ELF header"},
		"no class":                 {func(b []byte) []byte { b[4] = 9; return b }, "its class is 9"},
		"no byte order":            {func(b []byte) []byte { b[5] = 0; return b }, "its byte order is 0"},
		"no section table":         {func(b []byte) []byte { return b[:0x300] }, "truncated: the table of section headers"},
		"no program headers":       {func(b []byte) []byte { b[40], b[60] = 0, 0; b[41] = 0; return b[:100] }, "truncated"},
		"a segment beyond the end": {func(b []byte) []byte { b[64+33] = 9; return b }, "truncated: segment 0"},
		"a section beyond the end": {func(b []byte) []byte { b[0x340+33] = 9; return b }, "truncated: section 1"},
		"names beyond the end":     {func(b []byte) []byte { b[0x3c0+33] = 9; return b }, "truncated: the section with the names"},
		"a table near the end of 64 bits": {func(b []byte) []byte {
			for i := range 8 {
				b[40+i] = 0xff
			}
			return b
		}, "truncated: the table of section headers"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, c.change(sound()), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			var problem *record.Problem
			if !errors.As(err, &problem) || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "\n") || problem.In("zh") == problem.In("en") {
				t.Errorf("%v", err)
			}
		})
	}
}

// A file of 4 GiB without content, and one that claims such sizes, are read within a second.
func TestSparse(t *testing.T) {
	dir := t.TempDir()
	for name, head := range map[string][]byte{"nothing": nil, "an ELF file": sound(), "claims": claims()} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, head, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 4<<30); err != nil {
			t.Skipf("does not apply: this file system takes no file of 4 GiB: %v", err)
		}
		begun := time.Now()
		f, err := Open(path)
		if took := time.Since(begun); took > 5*time.Second { // a second where nothing else runs
			t.Errorf("%s: it took %v", name, took)
		}
		if name == "claims" && err == nil && len(f.Unread) == 0 {
			t.Errorf("%s: all of 4 GiB were read: %+v", name, f)
		}
	}
}

// claims returns the head of a file whose symbol table, code and names take 4 GiB.
func claims() []byte {
	b := sound()
	le := binary.LittleEndian
	le.PutUint64(b[64+32:], 0xf0000000)
	le.PutUint64(b[64+40:], 0xf0000000)
	le.PutUint64(b[0x380+32:], 0xf0000000) // .symtab
	return b
}

// FuzzRead reads any bytes: it neither panics nor takes long.
//
//	go test ./results/executable -run '^$' -fuzz '^FuzzRead$' -fuzztime 60s
func FuzzRead(f *testing.F) {
	f.Add(sound())
	f.Add(claims())
	b := sound()
	b[4], b[18] = 1, 3
	f.Add(b)
	f.Add(dynamicFile())
	f.Fuzz(func(t *testing.T, data []byte) {
		begun := time.Now()
		facts, err := read(bytes.NewReader(data), int64(len(data)))
		if err == nil {
			Judge(facts)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// dynamicFile returns the sound file with an interpreter, a dynamic section and notes.
func dynamicFile() []byte {
	b := sound()
	le := binary.LittleEndian
	le.PutUint16(b[56:], 4)
	for i, p := range [][4]uint64{{uint64(elf.PT_DYNAMIC), 0x240, 0x10240, 0x40}, {uint64(elf.PT_NOTE), 0x240, 0x10240, 0x40}} {
		at := b[64+56*(2+i):]
		le.PutUint32(at, uint32(p[0]))
		le.PutUint64(at[8:], p[1])
		le.PutUint64(at[16:], p[2])
		le.PutUint64(at[32:], p[3])
		le.PutUint64(at[40:], p[3])
	}
	for i, v := range []uint64{uint64(elf.DT_STRTAB), 0x10280, uint64(elf.DT_STRSZ), 23, uint64(elf.DT_NEEDED), 1, 0, 0} {
		le.PutUint64(b[0x240+8*i:], v)
	}
	return b
}

// A header of another machine over a program's code: it is read as what it is not, without a panic.
func TestAnotherMachine(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, machine := range []elf.Machine{elf.EM_AARCH64, elf.EM_LOONGARCH} {
		binary.LittleEndian.PutUint16(raw[18:], uint16(machine))
		if _, err := read(bytes.NewReader(raw), int64(len(raw))); err != nil {
			t.Errorf("%v: %v", machine, err)
		}
	}
}
