package executable

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/executable/code"
)

// Facts are what one ELF file says of itself.
type Facts struct {
	Path      string `json:"path,omitempty"`
	Bytes     uint64 `json:"bytes"`
	Class     int    `json:"class"`      // 32 or 64
	ByteOrder string `json:"byte_order"` // "little" or "big"
	Machine   string `json:"machine"`    // as debug/elf names it: "EM_LOONGARCH"
	GOARCH    string `json:"goarch,omitempty"`
	Type      string `json:"type"` // "ET_EXEC", "ET_DYN" …
	OSABI     string `json:"osabi"`
	Entry     uint64 `json:"entry"`
	Flags     uint32 `json:"flags"`
	ABI       string `json:"abi,omitempty"` // the LoongArch ABI variant that Flags name: "lp64d, object ABI v1"
	World     string `json:"abi_world,omitempty"`

	Static      bool     `json:"static"`
	PIE         bool     `json:"pie"`
	Interpreter string   `json:"interpreter,omitempty"`
	Needed      []string `json:"needed"`
	RunPath     []string `json:"run_path,omitempty"`
	SOName      string   `json:"soname,omitempty"`
	RELRO       string   `json:"relro"` // "none", "partial" or "full"
	NX          bool     `json:"nx"`    // the stack is not executable
	PageSizes   []int    `json:"page_sizes"`
	BuildID     string   `json:"build_id,omitempty"`
	Go          *GoBuild `json:"go,omitempty"`

	Segments []Segment  `json:"segments"`
	Sections []Section  `json:"sections"`
	Symbols  Symbols    `json:"symbols"`
	Debug    Debug      `json:"dwarf"`
	Notes    []Note     `json:"notes"`
	Dynamic  Dynamic    `json:"-"`
	Vectors  code.Usage `json:"vectors"`
	Unread   []string   `json:"unread,omitempty"` // what is larger than is read

	Header Header `json:"-"`
}

// Header has the sizes that the ELF header states.
type Header struct {
	HeaderBytes, ProgramBytes, SectionBytes uint16
	ProgramHeaders, SectionHeaders          int
	NameSection                             uint16
	ABIVersion                              uint8
}

// Segment is a program header.
type Segment struct {
	Type   string `json:"type"`
	Flags  string `json:"flags"` // "r-x"
	Offset uint64 `json:"offset"`
	Addr   uint64 `json:"addr"`
	File   uint64 `json:"file_bytes"`
	Memory uint64 `json:"memory_bytes"`
	Align  uint64 `json:"align"`
}

// Load reports whether the segment is mapped into memory.
func (s Segment) Load() bool { return s.Type == elf.PT_LOAD.String() }

// Section is a section header.
type Section struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Flags  string `json:"flags"` // of "wax", and "T" for thread-local data
	Offset uint64 `json:"offset"`
	Addr   uint64 `json:"addr"`
	Size   uint64 `json:"bytes"`
	Align  uint64 `json:"align"`
	Link   uint32 `json:"-"`
	Info   uint32 `json:"-"`
	Entry  uint64 `json:"-"`
}

// GoBuild is what a Go program says of its build.
type GoBuild struct {
	Version  string            `json:"version"`
	Path     string            `json:"path"`
	Module   string            `json:"module,omitempty"`
	Settings map[string]string `json:"settings,omitempty"`
	BuildID  string            `json:"build_id,omitempty"`
}

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
		f.Segments = append(f.Segments, Segment{p.Type.String(), rights(p.Flags), p.Off, p.Vaddr, p.Filesz, p.Memsz, p.Align})
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

// rights returns the flags of a segment as /proc/self/maps writes them.
func rights(flags elf.ProgFlag) string {
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

// loongABI returns the ABI variant that the flags of a LoongArch file name: LoongArch ELF psABI, section e_flags.
func loongABI(flags uint32) string {
	base, ok := map[uint32]string{1: "lp64s", 2: "lp64f", 3: "lp64d"}[flags&7]
	if !ok {
		base = "base ABI unknown"
	}
	switch flags >> 6 & 3 {
	case 0:
		return base + ", object ABI v0"
	case 1:
		return base + ", object ABI v1"
	}
	return base + ", object ABI unknown"
}

// Worlds of LoongArch.
const (
	OldWorld = "old"
	NewWorld = "new"
)

// world returns the ABI world of a LoongArch file, from its interpreter, and from the versions of the C library that it needs: the
// new world's begins with GLIBC_2.36. It returns "" where nothing says it: a static file's flags do not.
func world(f *Facts) string {
	if f.GOARCH != "loong64" {
		return ""
	}
	worlds := map[string]bool{}
	switch path.Base(f.Interpreter) {
	case "ld.so.1":
		worlds[OldWorld] = true
	case "ld-linux-loongarch-lp64d.so.1", "ld-linux-loongarch-lp64f.so.1", "ld-linux-loongarch-lp64s.so.1", "ld-musl-loongarch64.so.1":
		worlds[NewWorld] = true
	}
	for _, v := range f.Dynamic.Versions {
		if oldGlibc(v) {
			worlds[OldWorld] = true
		}
	}
	switch {
	case worlds[OldWorld] && worlds[NewWorld]:
		return "mixed"
	case worlds[OldWorld]:
		return OldWorld
	case worlds[NewWorld]:
		return NewWorld
	}
	return ""
}

// oldGlibc reports whether a version of glibc symbols is one that only the old world's has: 2.0 to 2.35.
func oldGlibc(version string) bool {
	minor, is := strings.CutPrefix(version, "GLIBC_2.")
	minor, _, _ = strings.Cut(minor, ".")
	return is && len(minor) > 0 && len(minor) < 3 && (len(minor) == 1 || minor < "36")
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
