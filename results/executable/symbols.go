package executable

import (
	"cmp"
	"debug/elf"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/executable/code"
)

// Symbols says what the symbol table has.
type Symbols struct {
	Present     bool     `json:"present"`
	Local       int      `json:"local"`
	Global      int      `json:"global"`
	Undefined   int      `json:"undefined"`
	BadSection  []string `json:"bad_section"`        // defined by no section that is there: st_shndx
	LocalUndef  []string `json:"local_undefined"`    // local, and of section 0: what seed tools are said to refuse
	Misplaced   []string `json:"outside_of_section"` // with an address that is not in their section
	LateLocal   []string `json:"local_after_global"` // local ones behind the first global one, which sh_info names
	EarlyGlobal []string `json:"global_before_local"`
	Unnamed     int      `json:"bad_names"` // whose name is not in the table of names
	Functions   int      `json:"functions"`
}

// maxListed is the number of symbols that are named for one fault.
const maxListed = 5

// appendListed appends a name, unless maxListed are listed already.
func appendListed(all []string, name string) []string {
	if len(all) < maxListed {
		return append(all, name)
	}
	return all
}

// symbol is an entry of the symbol table that is needed later.
type symbol struct {
	name       string
	addr, size uint64
	kind       elf.SymType
}

// readSymbols sets what the symbol table says, and returns the symbols that have code.
func (m *image) readSymbols(f *Facts) []symbol {
	f.Symbols.BadSection, f.Symbols.LocalUndef, f.Symbols.Misplaced = []string{}, []string{}, []string{}
	f.Symbols.LateLocal, f.Symbols.EarlyGlobal = []string{}, []string{}
	i := slices.IndexFunc(m.file.Sections, func(s *elf.Section) bool { return s.Type == elf.SHT_SYMTAB })
	if i < 0 {
		return nil
	}
	table := m.file.Sections[i]
	if int(table.Link) >= len(m.file.Sections) {
		f.Symbols.Unnamed = 1
		return nil
	}
	data, err := content(table, maxSymbols)
	names, errNames := content(m.file.Sections[table.Link], maxSymbols)
	if err != nil || errNames != nil {
		f.Unread = append(f.Unread, "symbols")
		return nil
	}
	f.Symbols.Present = true
	return m.judgeSymbols(f, data, names, table.Info)
}

// judgeSymbols counts the entries of a symbol table, and lists those that are wrong.
func (m *image) judgeSymbols(f *Facts, data, names []byte, firstGlobal uint32) (found []symbol) {
	entry := 16
	if m.wide {
		entry = 24
	}
	s, left := &f.Symbols, maxSymbols
	for n := 1; (n+1)*entry <= len(data); n++ { // the first entry is empty
		y, info, section, at := m.symbolAt(data[n*entry:])
		name, ok := cString(names, uint64(at))
		if !ok {
			s.Unnamed++
		}
		if left -= len(name); left < 0 { // names that share their bytes could be longer than the file
			f.Unread = append(f.Unread, "symbols")
			return found
		}
		y.name = name
		local := elf.ST_BIND(info) == elf.STB_LOCAL
		y.kind = elf.ST_TYPE(info)
		switch {
		case local:
			s.Local++
			if uint32(n) >= firstGlobal {
				s.LateLocal = appendListed(s.LateLocal, name)
			}
		default:
			s.Global++
			if uint32(n) < firstGlobal {
				s.EarlyGlobal = appendListed(s.EarlyGlobal, name)
			}
		}
		m.place(s, y, local, section)
		if y.kind == elf.STT_FUNC || y.kind == elf.STT_LOOS {
			s.Functions++
			if section != elf.SHN_UNDEF {
				found = append(found, y)
			}
		}
	}
	return found
}

// place judges the section that a symbol names.
func (m *image) place(s *Symbols, y symbol, local bool, section elf.SectionIndex) {
	switch {
	case section == elf.SHN_UNDEF:
		s.Undefined++
		if local {
			s.LocalUndef = appendListed(s.LocalUndef, y.name)
		}
	case section >= elf.SHN_LORESERVE: // absolute, common, or in a table of large numbers
	case int(section) >= len(m.file.Sections):
		s.BadSection = appendListed(s.BadSection, y.name)
	case m.file.Type != elf.ET_REL && y.kind != elf.STT_TLS && y.kind != elf.STT_SECTION && y.kind != elf.STT_FILE:
		in := m.file.Sections[section]
		// A name may stand for the end of its section, or lie beyond it where a linker script defines it: only code is held to it.
		if y.kind == elf.STT_FUNC && in.Flags&elf.SHF_ALLOC != 0 && (y.addr < in.Addr || y.addr > in.Addr+in.Size) {
			s.Misplaced = appendListed(s.Misplaced, y.name)
		}
	}
}

// symbolAt decodes an entry of a symbol table.
func (m *image) symbolAt(b []byte) (y symbol, info byte, section elf.SectionIndex, name uint32) {
	name = m.order.Uint32(b)
	if m.wide {
		y.addr, y.size = m.order.Uint64(b[8:]), m.order.Uint64(b[16:])
		return y, b[4], elf.SectionIndex(m.order.Uint16(b[6:])), name
	}
	y.addr, y.size = uint64(m.order.Uint32(b[4:])), uint64(m.order.Uint32(b[8:]))
	return y, b[12], elf.SectionIndex(m.order.Uint16(b[14:])), name
}

// functions returns the functions of a file, in the order of their addresses: those of the symbol table, else those of the table that
// Go's tracebacks use, which is kept when symbols are stripped.
func (m *image) functions(symbols []symbol) []code.Function {
	var all []code.Function
	for _, s := range symbols {
		all = append(all, code.Function{Name: s.name, Addr: s.addr})
	}
	if len(all) == 0 {
		all = m.goFunctions()
	}
	slices.SortStableFunc(all, func(a, b code.Function) int { return cmp.Compare(a.Addr, b.Addr) })
	return slices.CompactFunc(all, func(a, b code.Function) bool { return a.Addr == b.Addr })
}

// goFunctions returns what the section .gopclntab of Go 1.20 and newer lists; nil if there is none. Layout: internal/abi and
// debug/gosym of Go.
func (m *image) goFunctions() []code.Function {
	const magic, header, perFunction = 0xfffffff1, 72, 8
	s, text := m.file.Section(".gopclntab"), m.file.Section(".text")
	if s == nil || text == nil || !m.wide {
		return nil
	}
	table, err := content(s, maxSymbols)
	if err != nil || len(table) < header || m.order.Uint32(table) != magic {
		return nil
	}
	word := func(i int) uint64 { return m.order.Uint64(table[8+8*i:]) }
	number, start, namesAt, listAt := word(0), word(2), word(3), word(7)
	if start == 0 {
		start = text.Addr
	}
	size := uint64(len(table))
	if namesAt >= size || listAt >= size || number > (size-listAt)/perFunction {
		return nil
	}
	names, functions := table[namesAt:], table[listAt:]
	all := make([]code.Function, 0, number)
	for i := range number {
		entry, at := uint64(m.order.Uint32(functions[i*perFunction:])), uint64(m.order.Uint32(functions[i*perFunction+4:]))
		if at+8 > uint64(len(functions)) {
			return nil
		}
		name, _ := cString(names, uint64(m.order.Uint32(functions[at+4:])))
		all = append(all, code.Function{Name: name, Addr: start + entry})
	}
	return all
}
