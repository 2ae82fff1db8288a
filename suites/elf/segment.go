package elf

import (
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"os"
	"runtime"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// kind has the values that headers of an architecture must have. Flags: LoongArch ELF psABI, double-float (3) and object file ABI
// version 1 (0x40); version 0 is the old world's.
type kind struct {
	machine elf.Machine
	flags   uint32
	align   uint64 // the largest page that its kernels may have
}

var kinds = map[string]kind{
	"amd64":   {elf.EM_X86_64, 0, 4 << 10},
	"arm64":   {elf.EM_AARCH64, 0, 64 << 10},
	"loong64": {elf.EM_LOONGARCH, 0x43, 64 << 10},
}

// kindHere returns the kind of this architecture. If none is listed, the spec is skipped.
func kindHere() kind {
	k, known := kinds[runtime.GOARCH]
	if !known {
		check.Skip(record.Sayf("no ELF headers are listed for %s", "未列出 %s 的 ELF 头", runtime.GOARCH))
	}
	return k
}

func headers() {
	It("is of the architecture, 64 bits and little-endian", func() {
		f := fileHeader()
		Expect([]any{f.Class, f.Data, f.Machine}).To(Equal([]any{elf.ELFCLASS64, elf.ELFDATA2LSB, kindHere().machine}))
	})
	It("asks for no operating system's extensions", func() {
		f := fileHeader()
		Expect([]any{f.Version, f.OSABI, f.ABIVersion}).To(Equal([]any{elf.EV_CURRENT, elf.ELFOSABI_NONE, byte(0)}))
	})
	It("names the floating-point and object ABI in its flags", func() {
		flags := check.Gather("flags of the file header", func() uint32 {
			raw := make([]byte, 64)
			_, err := check.KernelOpen(self).ReadAt(raw, 0)
			check.NoError(err)
			return binary.LittleEndian.Uint32(raw[48:]) // e_flags of Elf64_Ehdr
		})
		Expect(flags).To(Equal(kindHere().flags))
	})
	It("is an executable at a fixed address, or a position-independent one", func() {
		want := elf.ET_EXEC
		if setting("-buildmode") == "pie" {
			want = elf.ET_DYN
		}
		Expect(fileHeader().Type).To(Equal(want))
	})
	It("starts in code", func() {
		start := holding(programHeaders(), fileHeader().Entry)
		Expect(start).NotTo(BeNil())
		Expect(start.Flags & elf.PF_X).NotTo(BeZero())
	})
}

func segments() {
	It("names no interpreter", func() {
		for _, p := range staticHeaders() {
			Expect(p.Type).NotTo(Equal(elf.PT_INTERP))
		}
	})
	It("needs no shared library", func() {
		Expect(check.Gather("imported libraries", func() []string {
			needsStatic()
			libraries, err := image().ImportedLibraries()
			check.NoError(err)
			return libraries
		})).To(BeEmpty())
	})
	It("is never writable and executable at once", func() {
		for _, p := range loads(programHeaders()) {
			Expect(p.Flags&(elf.PF_W|elf.PF_X)).NotTo(Equal(elf.PF_W|elf.PF_X), "at %#x", p.Vaddr)
		}
	})
	It("aligns to the largest page that the architecture's kernels have", func() {
		for _, p := range loads(programHeaders()) {
			Expect(p.Align).To(BeNumerically(">=", kindHere().align), "at %#x", p.Vaddr)
			Expect(p.Align&(p.Align-1)).To(BeZero(), "at %#x", p.Vaddr)
		}
	})
	It("lies in the file as in memory, page for page", func() {
		for _, p := range loads(programHeaders()) {
			Expect(p.Vaddr%p.Align).To(Equal(p.Off%p.Align), "at %#x", p.Vaddr)
			Expect(p.Vaddr%uint64(os.Getpagesize())).To(Equal(p.Off%uint64(os.Getpagesize())), "at %#x", p.Vaddr)
		}
	})
	It("follows the one before it without sharing a page", func() {
		end := uint64(0)
		for _, p := range loads(programHeaders()) {
			Expect(p.Vaddr-p.Vaddr%uint64(os.Getpagesize())).To(BeNumerically(">=", end), "at %#x", p.Vaddr)
			end = p.Vaddr + p.Memsz
		}
	})
	It("ends within the file", func() {
		bytes := check.Gather("bytes of the file", imageBytes)
		for _, p := range programHeaders() {
			Expect(p.Off+p.Filesz).To(BeNumerically("<=", bytes), "%v at %#x", p.Type, p.Vaddr)
		}
	})
	It("of the stack is not executable", func() {
		stacks := 0
		for _, p := range programHeaders() {
			if p.Type == elf.PT_GNU_STACK {
				stacks++
				Expect(p.Flags & elf.PF_X).To(BeZero())
			}
		}
		Expect(stacks).To(Equal(1))
	})
}

func sections() {
	It("list is Go's", func() {
		var names []string
		for _, s := range sectionHeaders() {
			names = append(names, s.Name)
		}
		check.ObserveDiffers("sections", names, record.Say("each version of Go's linker, and each other linker, has its own", "各版本 Go 链接器及其他链接器的节各不相同"))
		for _, name := range []string{".text", ".rodata", ".data", ".bss"} { // System V ABI, special sections
			Expect(names).To(ContainElement(name))
		}
	})
	It("in memory lies in a segment with its rights", func() {
		segments := programHeaders()
		for _, s := range sectionHeaders() {
			if s.Flags&elf.SHF_ALLOC == 0 || s.Flags&elf.SHF_TLS != 0 || s.Size == 0 {
				continue
			}
			p := holding(segments, s.Addr)
			Expect(p).NotTo(BeNil(), s.Name)
			Expect(s.Addr+s.Size).To(BeNumerically("<=", p.Vaddr+p.Memsz), s.Name)
			if s.Flags&elf.SHF_EXECINSTR != 0 {
				Expect(p.Flags&elf.PF_X).NotTo(BeZero(), s.Name)
			}
			if s.Flags&elf.SHF_WRITE != 0 {
				Expect(p.Flags&elf.PF_W).NotTo(BeZero(), s.Name)
			}
		}
	})
	It("of relocations is there only where a dynamic linker is", func() {
		for _, s := range check.Gather("section headers", func() []elf.SectionHeader {
			needsStatic()
			if setting("-buildmode") == "pie" {
				check.Skip(record.Say("a position-independent executable relocates itself", "位置无关可执行文件需要自重定位"))
			}
			return sectionHeaders()
		}) {
			Expect(s.Type).NotTo(Or(Equal(elf.SHT_REL), Equal(elf.SHT_RELA)), s.Name)
		}
	})
	It("of debugging is whole, or stripped", func() {
		all := sectionHeaders()
		if !slices.ContainsFunc(all, func(s elf.SectionHeader) bool { return s.Name == ".debug_info" || s.Name == ".zdebug_info" }) {
			for _, s := range all {
				Expect(s.Name).NotTo(HavePrefix(".debug_"), "left over")
			}
			return
		}
		Expect(check.Gather("first unit of DWARF", func() *dwarf.Entry {
			data, err := image().DWARF()
			check.NoError(err)
			unit, err := data.Reader().Next()
			check.NoError(err)
			return unit
		})).NotTo(BeNil())
	})
}
