// Package elf checks the payload's own file: it reads the file as a loader, a debugger and an auditor do, and compares it with
// the mappings that the kernel has made of it.
package elf

import (
	"debug/elf"
	"runtime/debug"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item elf.
var Suite = check.Suite{Item: "elf", Specs: specs}

func specs() {
	Context("header", headers)
	Context("segment", segments)
	Context("section", sections)
	Context("symbol", symbols)
	Context("build information", builds)
	Context("loaded", loaded)
	Context("rule", rules)
	Context("vDSO", vdso)
	Context("system's loader", loader)
}

const self = "/proc/self/exe"

// image returns the payload's own file, which is closed at the end of the spec.
func image() *elf.File {
	GinkgoHelper()
	f, err := elf.NewFile(check.KernelOpen(self))
	check.NoError(err)
	return f
}

// imageBytes returns the length of the file. It is opened first: a user-mode emulator redirects open, but not stat.
func imageBytes() uint64 {
	GinkgoHelper()
	info, err := check.KernelOpen(self).Stat()
	check.NoError(err)
	return uint64(info.Size())
}

// programHeaders returns the program headers of the file.
func programHeaders() []elf.ProgHeader {
	GinkgoHelper()
	return check.Gather("program headers", func() []elf.ProgHeader { return listed(image()) })
}

// staticHeaders returns the program headers. If the system's dynamic linker loads the payload, the spec is skipped.
func staticHeaders() []elf.ProgHeader {
	GinkgoHelper()
	return check.Gather("program headers", func() []elf.ProgHeader {
		needsStatic()
		return listed(image())
	})
}

func listed(f *elf.File) []elf.ProgHeader {
	var all []elf.ProgHeader
	for _, p := range f.Progs {
		all = append(all, p.ProgHeader)
	}
	return all
}

// sectionHeaders returns the section headers of the file.
func sectionHeaders() []elf.SectionHeader {
	GinkgoHelper()
	return check.Gather("section headers", func() []elf.SectionHeader {
		var all []elf.SectionHeader
		for _, s := range image().Sections {
			all = append(all, s.SectionHeader)
		}
		return all
	})
}

// fileHeader returns the ELF header.
func fileHeader() elf.FileHeader {
	GinkgoHelper()
	return check.Gather("file header", func() elf.FileHeader { return image().FileHeader })
}

// section returns a section of the file. If the linker wrote none of this name, the spec is skipped.
func section(f *elf.File, name string) *elf.Section {
	GinkgoHelper()
	s := f.Section(name)
	if s == nil {
		check.Skip(record.Sayf("the payload has no section %s: it was linked in another way", "测试程序没有 %s 节：链接方式不同", name))
	}
	return s
}

// setting returns a build setting of the payload, as `go version -m` shows it.
func setting(key string) string {
	GinkgoHelper()
	info, known := debug.ReadBuildInfo()
	Expect(known).To(BeTrue())
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// needsStatic skips the spec in a payload with cgo, which the system's dynamic linker loads.
func needsStatic() {
	GinkgoHelper()
	if setting("CGO_ENABLED") == "1" {
		check.Skip(record.Say("this payload is built with cgo", "该测试程序启用了 cgo"))
	}
}

// loads returns the segments that are mapped.
func loads(segments []elf.ProgHeader) []elf.ProgHeader {
	var all []elf.ProgHeader
	for _, p := range segments {
		if p.Type == elf.PT_LOAD {
			all = append(all, p)
		}
	}
	return all
}

// holding returns the mapped segment that contains an address; nil if there is none.
func holding(segments []elf.ProgHeader, address uint64) *elf.ProgHeader {
	for _, p := range loads(segments) {
		if address >= p.Vaddr && address < p.Vaddr+p.Memsz {
			return &p
		}
	}
	return nil
}

// auxv returns the value of a key in the auxiliary vector, getauxval(3).
func auxv(key uintptr) uint64 {
	GinkgoHelper()
	pairs, err := unix.Auxv()
	check.NoError(err)
	for _, pair := range pairs {
		if pair[0] == key {
			return uint64(pair[1])
		}
	}
	Fail("the auxiliary vector lacks a key that every Linux gives")
	return 0
}
