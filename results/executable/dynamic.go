package executable

import (
	"debug/elf"
	"slices"
	"strings"
)

// Dynamic says what the dynamic section asks of the dynamic linker.
type Dynamic struct {
	Present  bool
	Undone   bool     // a tag that is listed has no readable value, or the list has no end
	TextRel  bool     // code has to be changed while it is loaded
	BindNow  bool     // DF_BIND_NOW or DF_1_NOW
	PIE      bool     // DF_1_PIE
	Versions []string // versions of symbols that are needed: GLIBC_2.36
}

// readDynamic sets what the dynamic section says, and what follows for the file: static, PIE, RELRO.
func (m *image) readDynamic(f *Facts) {
	i := slices.IndexFunc(m.file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_DYNAMIC })
	if i >= 0 {
		p := m.file.Progs[i]
		f.Dynamic.Present = true
		m.readTags(f, m.bytes(p.Off, p.Filesz, maxNotes))
	}
	kind := m.file.Type
	f.Static = f.Interpreter == "" && len(f.Needed) == 0 && (kind == elf.ET_EXEC || f.Dynamic.PIE || kind == elf.ET_DYN && f.SOName == "")
	f.PIE = kind == elf.ET_DYN && (f.Dynamic.PIE || f.Interpreter != "" && f.Entry != 0)
	if f.RELRO == "partial" && f.Dynamic.BindNow {
		f.RELRO = "full"
	}
}

// Tags of the dynamic section that are read; debug/elf has their numbers.
func (m *image) readTags(f *Facts, data []byte) {
	entry := 8
	if m.wide {
		entry = 16
	}
	d := &f.Dynamic
	values := map[elf.DynTag][]uint64{}
	ended := false
	for ; len(data) >= entry && !ended; data = data[entry:] {
		tag, value := uint64(m.order.Uint32(data)), uint64(m.order.Uint32(data[4:]))
		if m.wide {
			tag, value = m.order.Uint64(data), m.order.Uint64(data[8:])
		}
		if ended = elf.DynTag(tag) == elf.DT_NULL; !ended && len(values[elf.DynTag(tag)]) < 1000 {
			values[elf.DynTag(tag)] = append(values[elf.DynTag(tag)], value)
		}
	}
	first := func(tag elf.DynTag) uint64 {
		if len(values[tag]) > 0 {
			return values[tag][0]
		}
		return 0
	}
	d.Undone = !ended
	d.TextRel = len(values[elf.DT_TEXTREL]) > 0 || first(elf.DT_FLAGS)&uint64(elf.DF_TEXTREL) != 0
	d.BindNow = len(values[elf.DT_BIND_NOW]) > 0 || first(elf.DT_FLAGS)&uint64(elf.DF_BIND_NOW) != 0 || first(elf.DT_FLAGS_1)&uint64(elf.DF_1_NOW) != 0
	d.PIE = first(elf.DT_FLAGS_1)&uint64(elf.DF_1_PIE) != 0
	names := m.mapped(first(elf.DT_STRTAB), first(elf.DT_STRSZ))
	text := func(at uint64) string {
		s, ok := cString(names, at)
		d.Undone = d.Undone || !ok
		return s
	}
	for _, at := range values[elf.DT_NEEDED] {
		f.Needed = append(f.Needed, text(at))
	}
	for _, at := range append(values[elf.DT_RPATH], values[elf.DT_RUNPATH]...) {
		f.RunPath = append(f.RunPath, strings.Split(text(at), ":")...)
	}
	for _, at := range values[elf.DT_SONAME] {
		f.SOName = text(at)
	}
	d.Versions = m.versions(first(elf.DT_VERNEED), first(elf.DT_VERNEEDNUM), names)
}

// mapped returns size bytes of the file that are in memory at an address; nil if there are none.
func (m *image) mapped(addr, size uint64) []byte {
	for _, p := range m.file.Progs {
		if p.Type == elf.PT_LOAD && addr >= p.Vaddr && addr-p.Vaddr < p.Filesz {
			return m.bytes(p.Off+addr-p.Vaddr, min(size, p.Filesz-(addr-p.Vaddr)), maxSymbols)
		}
	}
	return nil
}

// imports returns the names of the symbols that the file takes from libraries.
func (m *image) imports() (names []string) {
	table := m.file.SectionByType(elf.SHT_DYNSYM)
	if table == nil || int(table.Link) >= len(m.file.Sections) {
		return nil
	}
	data, err := content(table, maxNotes)
	texts, errTexts := content(m.file.Sections[table.Link], maxNotes)
	if err != nil || errTexts != nil {
		return nil
	}
	entry := 16
	if m.wide {
		entry = 24
	}
	for ; len(data) >= entry && len(names) < 10_000; data = data[entry:] {
		if _, _, section, at := m.symbolAt(data); section == elf.SHN_UNDEF {
			name, _ := cString(texts, uint64(at))
			names = append(names, name)
		}
	}
	return names
}

// versions returns the versions of symbols that the file needs, by the table DT_VERNEED: Linux Standard Base, "Symbol Versioning".
func (m *image) versions(addr, number uint64, names []byte) (all []string) {
	table := m.mapped(addr, maxNotes)
	steps := 10_000 // entries may overlap
	for at := uint64(0); number > 0 && at+16 <= uint64(len(table)) && steps > 0; number-- {
		count, aux, next := m.order.Uint16(table[at+2:]), uint64(m.order.Uint32(table[at+8:])), uint64(m.order.Uint32(table[at+12:]))
		for in := at + aux; count > 0 && in+16 <= uint64(len(table)) && steps > 0; count-- {
			steps--
			if name, ok := cString(names, uint64(m.order.Uint32(table[in+8:]))); ok {
				all = append(all, name)
			}
			step := uint64(m.order.Uint32(table[in+12:]))
			if step == 0 {
				break
			}
			in += step
		}
		if steps--; next == 0 {
			break
		}
		at += next
	}
	slices.Sort(all)
	return slices.Compact(all)
}
