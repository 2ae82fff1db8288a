package executable

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"io"
	"strings"
)

// goarches are the ELF machines of this program's architectures.
var goarches = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_LOONGARCH: "loong64"}

// Read returns the facts of a file of size bytes. The error for a file that is no ELF file or is truncated is a *record.Problem.
func Read(in io.ReaderAt, size int64) (facts *Facts, err error) {
	defer panicked(&err)
	return read(in, size)
}

func read(in io.ReaderAt, size int64) (*Facts, error) {
	m, err := newImage(in, size)
	if err == nil {
		err = m.checkNames()
	}
	if err == nil {
		err = m.parse()
	}
	if err != nil {
		return nil, err
	}
	f := &Facts{Bytes: m.size, Class: 32, ByteOrder: "little", Machine: m.file.Machine.String(), GOARCH: goarches[m.file.Machine],
		Type: m.file.Type.String(), OSABI: m.file.OSABI.String(), Entry: m.file.Entry, Flags: m.head.flags}
	f.Header = Header{m.head.headBytes, m.head.progBytes, m.head.sectBytes, len(m.file.Progs), len(m.file.Sections), m.head.names, m.file.ABIVersion}
	if m.wide {
		f.Class = 64
	}
	if m.file.Data == elf.ELFDATA2MSB {
		f.ByteOrder = "big"
	}
	if m.file.Machine == elf.EM_LOONGARCH {
		f.ABI = loongABI(f.Flags)
	}
	m.readTables(f)
	m.readDynamic(f)
	m.readNotes(f)
	symbols := m.readSymbols(f)
	m.readDebug(f)
	m.readGo(f)
	f.World = world(f)
	m.readCode(f, symbols)
	return f, nil
}

// readTables sets what program and section headers say.
func (m *image) readTables(f *Facts) {
	f.Segments, f.Sections, f.Needed, f.Notes, f.RELRO = []Segment{}, []Section{}, []string{}, []Note{}, "none"
	stacks := 0
	for _, p := range m.file.Progs {
		f.Segments = append(f.Segments, Segment{p.Type.String(), Rights(p.Flags), p.Off, p.Vaddr, p.Filesz, p.Memsz, p.Align})
		switch p.Type {
		case elf.PT_GNU_STACK:
			stacks++
			f.NX = p.Flags&elf.PF_X == 0
		case elf.PT_GNU_RELRO:
			f.RELRO = "partial"
		case elf.PT_INTERP:
			f.Interpreter = strings.TrimRight(string(m.bytes(p.Off, p.Filesz, maxText)), "\x00")
		}
	}
	f.NX = f.NX && stacks == 1
	for _, s := range m.file.Sections {
		f.Sections = append(f.Sections, Section{s.Name, s.Type.String(), sectionFlags(s.Flags), s.Offset, s.Addr, s.Size, s.Addralign, s.Link, s.Info, s.Entsize})
	}
	f.PageSizes = pageSizes(f.Segments)
}

// Rights returns the flags of a segment as /proc/self/maps writes them.
func Rights(flags elf.ProgFlag) string {
	text := []byte("---")
	for i, flag := range []elf.ProgFlag{elf.PF_R, elf.PF_W, elf.PF_X} {
		if flags&flag != 0 {
			text[i] = "rwx"[i]
		}
	}
	return string(text)
}

func sectionFlags(flags elf.SectionFlag) string {
	var text []byte
	for i, flag := range []elf.SectionFlag{elf.SHF_WRITE, elf.SHF_ALLOC, elf.SHF_EXECINSTR, elf.SHF_TLS, elf.SHF_COMPRESSED} {
		if flags&flag != 0 {
			text = append(text, "waxTC"[i])
		}
	}
	return string(text)
}

// kernelPages are the page sizes of the kernels that China's domestic machines run.
var kernelPages = []int{4 << 10, 16 << 10, 64 << 10}

// pageSizes returns those of kernelPages with which a kernel maps every segment: the offset in the file and the address are
// the same within a page, and no page would have the rights of two segments.
func pageSizes(segments []Segment) []int {
	fit := []int{}
	for _, size := range kernelPages {
		page, end, good := uint64(size), uint64(0), true
		for _, s := range segments {
			if !s.Load() || s.Memory == 0 {
				continue
			}
			first := s.Addr &^ (page - 1)
			good = good && s.Addr%page == s.Offset%page && first >= end
			end = (s.Addr + s.Memory + page - 1) &^ (page - 1)
		}
		if good {
			fit = append(fit, size)
		}
	}
	return fit
}

// readGo sets what a Go program says of its build.
func (m *image) readGo(f *Facts) {
	var mapped uint64
	for _, s := range f.Segments {
		if s.Load() {
			mapped += s.File
		}
	}
	if mapped > maxData || mapped < 16 {
		if mapped > maxData {
			f.Unread = append(f.Unread, "Go build information")
		}
		return
	}
	info, err := buildinfo.Read(io.NewSectionReader(m.in, 0, int64(m.size)))
	if err != nil {
		return // no Go program; debug/buildinfo knows no other error that means something here
	}
	f.Go = &GoBuild{Version: info.GoVersion, Path: info.Path, Module: info.Main.Path, Settings: map[string]string{}}
	for _, s := range info.Settings {
		f.Go.Settings[s.Key] = s.Value
	}
	for _, n := range f.Notes {
		if n.Owner == "Go" && n.Type == 4 {
			f.Go.BuildID = n.text
		}
	}
}

// cString returns the text from at up to the next zero byte, and whether there is one within maxText bytes.
func cString(table []byte, at uint64) (string, bool) {
	if at >= uint64(len(table)) {
		return "", false
	}
	rest := table[at:min(uint64(len(table)), at+maxText)]
	n := bytes.IndexByte(rest, 0)
	if n < 0 {
		return "", false
	}
	return string(rest[:n]), true
}

// content returns what a section holds, uncompressed; an error if that is more than limit bytes.
func content(s *elf.Section, limit uint64) ([]byte, error) {
	if s.Type == elf.SHT_NOBITS {
		return nil, nil
	}
	if s.Size > limit {
		return nil, errors.New("too large")
	}
	return io.ReadAll(io.LimitReader(s.Open(), int64(limit)))
}
