package executable

import (
	"debug/elf"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/executable/code"
)

// readCode sets the use of instructions that not every processor has.
func (m *image) readCode(f *Facts, symbols []symbol) {
	arch, ok := code.Find(f.GOARCH)
	if !ok || m.file.Type == elf.ET_REL {
		return
	}
	var look code.File
	var sum uint64
	for _, p := range m.file.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		if sum += p.Filesz; sum > maxCode {
			f.Unread = append(f.Unread, "code")
			return
		}
		block := code.Block{Addr: p.Vaddr, Bytes: m.bytes(p.Off, p.Filesz, maxCode)}
		if p.Flags&elf.PF_X != 0 {
			look.Code = append(look.Code, block)
		} else {
			look.Data = append(look.Data, block)
		}
	}
	if sections, size := m.codeSections(); len(sections) > 0 && size <= maxCode { // headers and constants are mapped with the code
		look.Code = sections
	}
	look.Functions = m.functions(symbols)
	// An address in a file that is loaded elsewhere is made while it is loaded.
	look.Indirect = m.file.Type == elf.ET_DYN || slices.ContainsFunc(symbols, func(s symbol) bool { return s.kind == elf.STT_LOOS })
	look.Go = f.Go != nil
	look.Asks = slices.ContainsFunc(m.imports(), func(name string) bool { return strings.Contains(name, "getauxval") || name == "getisax" }) ||
		slices.ContainsFunc(symbols, func(s symbol) bool {
			return strings.Contains(s.name, "getauxval") || strings.HasPrefix(s.name, "__cpu_")
		})
	f.Vectors = arch.Look(look)
}

// codeSections returns the sections with code, and how many bytes they have.
func (m *image) codeSections() (all []code.Block, size uint64) {
	for _, s := range m.file.Sections {
		if s.Flags&elf.SHF_EXECINSTR == 0 || s.Type != elf.SHT_PROGBITS || s.Flags&elf.SHF_COMPRESSED != 0 {
			continue
		}
		if size += s.FileSize; size > maxCode {
			return nil, size
		}
		all = append(all, code.Block{Addr: s.Addr, Bytes: m.bytes(s.Offset, s.FileSize, maxCode)})
	}
	return all, size
}
