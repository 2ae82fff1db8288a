package elf

import (
	"debug/buildinfo"
	"debug/elf"
	"debug/gosym"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// functions is the table that tracebacks use. It stays when symbols are stripped.
func functions(f *elf.File) *gosym.Table {
	GinkgoHelper()
	lines, err := section(f, ".gopclntab").Data()
	check.NoError(err)
	table, err := gosym.NewTable(nil, gosym.NewLineTable(lines, section(f, ".text").Addr))
	check.NoError(err)
	return table
}

func symbols() {
	It("is defined, in a section that is there", func() {
		f := image()
		all, err := f.Symbols()
		if errors.Is(err, elf.ErrNoSymbols) {
			check.Skip(record.Say("the payload is stripped", "载荷已去除符号表"))
		}
		check.NoError(err)
		needsStatic()
		for _, s := range all {
			real := s.Section < elf.SectionIndex(len(f.Sections)) && s.Section != elf.SHN_UNDEF
			Expect(real || s.Section == elf.SHN_ABS).To(BeTrue(), "%s in section %d", s.Name, s.Section)
		}
	})
	It("of the write barrier is a function in .text, one for each of eight sizes", func() {
		f := image()
		table, text := functions(f), section(f, ".text")
		var sizes []int
		for n := 1; n <= 8; n++ {
			barrier := table.LookupFunc(fmt.Sprintf("runtime.gcWriteBarrier%d", n))
			if barrier == nil {
				continue
			}
			sizes = append(sizes, n)
			Expect(barrier.Entry).To(And(BeNumerically(">=", text.Addr), BeNumerically("<", text.Addr+text.Size)))
		}
		check.ObserveDiffers("sizes of the write barrier", sizes, record.Say("Go 1.21 to 1.26 have eight; the runtime promises none", "Go 1.21 至 1.26 有八个；运行时不作承诺"))
	})
	It("of functions stand in order, all in .text", func() {
		f := image()
		text, last := section(f, ".text"), uint64(0)
		for _, fn := range functions(f).Funcs {
			Expect(fn.Entry >= last && fn.Entry >= text.Addr && fn.Entry < text.Addr+text.Size).To(BeTrue(), fn.Name)
			last = fn.Entry
		}
	})
	It("that a traceback names is the one in the file", func() {
		if setting("-buildmode") == "pie" {
			check.Skip(record.Say("a position-independent executable is loaded elsewhere", "位置无关可执行文件的加载地址不同"))
		}
		pc := reflect.ValueOf(symbols).Pointer()
		inFile := functions(image()).PCToFunc(uint64(pc))
		Expect(inFile).NotTo(BeNil())
		Expect(inFile.Name).To(Equal(runtime.FuncForPC(pc).Name()))
		Expect(inFile.Name).To(HaveSuffix("elf.symbols"))
	})
	It("of a line is the one that the compiler saw", func() {
		pc, file, line, known := runtime.Caller(0)
		Expect(known).To(BeTrue())
		if setting("-buildmode") == "pie" {
			check.Skip(record.Say("a position-independent executable is loaded elsewhere", "位置无关可执行文件的加载地址不同"))
		}
		inFile, at, _ := functions(image()).PCToLine(uint64(pc - 1))
		Expect(inFile).To(Equal(file))
		Expect(at).To(Equal(line))
	})
}

func builds() {
	It("in the file is what the process reports", func() {
		inFile, err := buildinfo.Read(check.KernelOpen(self))
		check.NoError(err)
		own, known := debug.ReadBuildInfo()
		Expect(known).To(BeTrue())
		Expect(inFile.GoVersion).To(Equal(runtime.Version()))
		Expect(inFile.Settings).To(Equal(own.Settings))
		Expect(inFile.Main.Path).To(Equal(own.Main.Path))
	})
	It("names the architecture and its level", func() {
		Expect(setting("GOARCH")).To(Equal(runtime.GOARCH))
		Expect(setting("GOOS")).To(Equal(runtime.GOOS))
		if level, has := map[string]string{"amd64": "GOAMD64", "arm64": "GOARM64"}[runtime.GOARCH]; has {
			Expect(setting(level)).To(MatchRegexp(`^v[0-9]`))
			check.ObserveDiffers("level", setting(level), record.Say("each architecture has its own", "各架构级别不同"))
		}
	})
	It("has a build ID note", func() {
		note, err := section(image(), ".note.go.buildid").Data()
		check.NoError(err)
		// Elf64_Nhdr: name of 4 bytes "Go\0\0", then the ID. cmd/internal/buildid
		Expect(string(note[12:16])).To(Equal("Go\x00\x00"))
		check.ObserveDiffers("parts of the build ID", 1+strings.Count(string(note[16:]), "/"), record.Say(
			"the go command writes four; -ldflags=-buildid= writes another", "go 命令写入四段；-ldflags=-buildid= 可另行指定"))
	})
}
