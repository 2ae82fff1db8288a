package elf

import (
	"debug/buildinfo"
	"debug/elf"
	"debug/gosym"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// functions returns the table that tracebacks use. It is kept when symbols are stripped.
func functions(f *elf.File) *gosym.Table {
	GinkgoHelper()
	lines, err := section(f, ".gopclntab").Data()
	check.NoError(err)
	table, err := gosym.NewTable(nil, gosym.NewLineTable(lines, section(f, ".text").Addr))
	check.NoError(err)
	return table
}

// textHere returns the addresses at which .text begins and ends in memory.
func textHere() [2]uint64 {
	GinkgoHelper()
	return check.Gather("begin and end of .text", func() [2]uint64 {
		text := section(image(), ".text")
		return [2]uint64{text.Addr, text.Addr + text.Size}
	})
}

func symbols() {
	It("is defined, in a section that is there", func() {
		sections := sectionHeaders()
		for _, s := range check.Gather("symbols", func() []elf.Symbol {
			all, err := image().Symbols()
			if errors.Is(err, elf.ErrNoSymbols) {
				check.Skip(record.Say("the payload is stripped", "测试程序已去除符号表"))
			}
			check.NoError(err)
			needsStatic()
			return all
		}) {
			real := s.Section < elf.SectionIndex(len(sections)) && s.Section != elf.SHN_UNDEF
			Expect(real || s.Section == elf.SHN_ABS).To(BeTrue(), "%s in section %d", s.Name, s.Section)
		}
	})
	It("of the write barrier is a function in .text, one for each of eight sizes", func() {
		text := textHere()
		entries := check.Gather("entries of the write barrier", func() map[int]uint64 {
			table, found := functions(image()), map[int]uint64{}
			for n := 1; n <= 8; n++ {
				if barrier := table.LookupFunc(fmt.Sprintf("runtime.gcWriteBarrier%d", n)); barrier != nil {
					found[n] = barrier.Entry
				}
			}
			return found
		})
		sizes := slices.Sorted(maps.Keys(entries))
		for _, entry := range entries {
			Expect(entry).To(And(BeNumerically(">=", text[0]), BeNumerically("<", text[1])))
		}
		check.ObserveDiffers("sizes of the write barrier", sizes, record.Say("Go 1.21 to 1.26 have eight; the runtime guarantees none", "Go 1.21 至 1.26 有八个；运行时不作承诺"))
	})
	It("of functions stand in order, all in .text", func() {
		text, last := textHere(), uint64(0)
		for _, fn := range check.Gather("functions", func() []gosym.Func { return functions(image()).Funcs }) {
			Expect(fn.Entry >= last && fn.Entry >= text[0] && fn.Entry < text[1]).To(BeTrue(), fn.Name)
			last = fn.Entry
		}
	})
	It("that a traceback names is the one in the file", func() {
		pc := reflect.ValueOf(symbols).Pointer()
		inFile := check.Gather("name of a function by its address in the file", func() string {
			needsFixed()
			if f := functions(image()).PCToFunc(uint64(pc)); f != nil {
				return f.Name
			}
			return ""
		})
		Expect(inFile).To(Equal(check.Fact("name of a function in a traceback", runtime.FuncForPC(pc).Name())))
		Expect(inFile).To(HaveSuffix("elf.symbols"))
	})
	It("of a line is the one that the compiler saw", func() {
		pc, file, line, known := runtime.Caller(0)
		Expect(known).To(BeTrue())
		place := check.Gather("place of an address in the file", func() string {
			needsFixed()
			inFile, at, _ := functions(image()).PCToLine(uint64(pc - 1))
			return fmt.Sprintf("%s:%d", inFile, at)
		})
		Expect(place).To(Equal(fmt.Sprintf("%s:%d", file, line)))
	})
}

func builds() {
	It("in the file is what the process reports", func() {
		inFile := check.Gather("build information in the file", func() debug.BuildInfo {
			info, err := buildinfo.Read(check.KernelOpen(self))
			check.NoError(err)
			return *info
		})
		own, known := debug.ReadBuildInfo()
		Expect(known).To(BeTrue())
		Expect(inFile.GoVersion).To(Equal(runtime.Version()))
		Expect(inFile.Settings).To(Equal(own.Settings))
		Expect(inFile.Main.Path).To(Equal(own.Main.Path))
	})
	It("names the architecture and its level", func() {
		Expect(check.Fact("GOARCH of the build", setting("GOARCH"))).To(Equal(runtime.GOARCH))
		Expect(check.Fact("GOOS of the build", setting("GOOS"))).To(Equal(runtime.GOOS))
		if name, has := map[string]string{"amd64": "GOAMD64", "arm64": "GOARM64"}[runtime.GOARCH]; has {
			level := check.Fact("level of the build", setting(name))
			Expect(level).To(MatchRegexp(`^v[0-9]`))
			check.ObserveDiffers("level", level, record.Say("each architecture has its own", "各架构级别不同"))
		}
	})
	It("has a build ID note", func() {
		note := check.Gather("note of the build ID", func() []byte {
			note, err := section(image(), ".note.go.buildid").Data()
			check.NoError(err)
			return note
		})
		Expect(len(note)).To(BeNumerically(">", 16))
		// Elf64_Nhdr: name of 4 bytes "Go\0\0", then the ID. cmd/internal/buildid
		Expect(string(note[12:16])).To(Equal("Go\x00\x00"))
		check.ObserveDiffers("parts of the build ID", 1+strings.Count(string(note[16:]), "/"), record.Say(
			"the go command writes four; -ldflags=-buildid= writes another", "go 命令写入四段；-ldflags=-buildid= 可另行指定"))
	})
}
