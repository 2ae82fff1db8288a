// Package executable reads ELF files as a loader, a debugger and an auditor do: what a file says of itself, and what is wrong in
// it. Files may be hostile: each is read within bounds, and no file makes a reader panic or wait.
package executable

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Bounds of what is read of one file. What is larger is left out, and Facts.Unread says so.
const (
	maxHeaders = 1 << 16   // program or section headers
	maxNames   = 4 << 20   // section names
	maxSymbols = 96 << 20  // bytes of a symbol table, or of its names
	maxCode    = 192 << 20 // bytes of code
	maxDebug   = 64 << 20  // bytes of the section .debug_info, uncompressed
	maxNotes   = 1 << 20   // bytes of a section or segment of notes
	maxData    = 256 << 20 // bytes of all segments that build information is looked for in
	maxText    = 4 << 10   // bytes of a path or name
)

// Open returns the facts of the file at path. The error for a file that is no ELF file or is truncated is a *record.Problem.
func Open(path string) (*Facts, error) {
	f, err := regular.OpenNamed(path, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	facts, err := Read(f, info.Size())
	var problem *record.Problem
	if errors.As(err, &problem) {
		problem.Place = path
	}
	if err != nil {
		return nil, err
	}
	facts.Path = path
	return facts, nil
}

// unreadable returns the problem of a file that cannot be read, with the cause.
func unreadable(err error) error {
	return record.Wrongf("", "it cannot be read: %v", "无法读取：%v", err)
}

// truncated returns the error for a file that ends before what its headers list.
func truncated(what record.Sentence, end, size uint64) error {
	return record.Wrongf("", "truncated: %[1]s ends at byte %[3]d, and the file has %[4]d bytes",
		"文件不完整：%[2]s 结束于第 %[3]d 字节，而文件只有 %[4]d 字节", what.En, what.In("zh"), end, size)
}

// damaged returns the error for a file whose headers contradict each other so far that nothing else can be read.
func damaged(en, zh string, args ...any) error {
	return record.Wrongf("", "no readable ELF file: "+en, "不是可读的 ELF 文件："+zh, args...)
}

// image is a file that is being read.
type image struct {
	in    io.ReaderAt
	size  uint64
	order binary.ByteOrder
	wide  bool // 64 bits
	head  head
	file  *elf.File
}

// head has the fields of the ELF header that package elf does not keep.
type head struct {
	flags                       uint32
	headBytes, progBytes, progs uint16
	sectBytes, sects, names     uint16
	progAt, sectAt              uint64
}

// newImage checks the header and the tables that it points to, before package elf reads them.
func newImage(in io.ReaderAt, size int64) (*image, error) {
	m := &image{in: in, size: uint64(max(size, 0)), order: binary.LittleEndian}
	ident := make([]byte, 64)
	n, err := in.ReadAt(ident, 0)
	if err != nil && err != io.EOF {
		return nil, unreadable(err)
	}
	if n < 4 || string(ident[:4]) != elf.ELFMAG {
		return nil, record.Wrongf("", "it is no ELF file", "不是 ELF 文件")
	}
	if n < 52 || n < 64 && elf.Class(ident[elf.EI_CLASS]) == elf.ELFCLASS64 {
		return nil, truncated(record.Say("the ELF header", "ELF 头"), 64, m.size)
	}
	switch elf.Class(ident[elf.EI_CLASS]) {
	case elf.ELFCLASS64:
		m.wide = true
	case elf.ELFCLASS32:
	default:
		return nil, damaged("its class is %d, neither 32 nor 64 bits", "类别为 %d，既非 32 位也非 64 位", ident[elf.EI_CLASS])
	}
	switch elf.Data(ident[elf.EI_DATA]) {
	case elf.ELFDATA2LSB:
	case elf.ELFDATA2MSB:
		m.order = binary.BigEndian
	default:
		return nil, damaged("its byte order is %d", "字节序为 %d", ident[elf.EI_DATA])
	}
	m.readHead(ident)
	return m, m.checkTables()
}

// readHead reads the fields of the ELF header that debug/elf keeps to itself.
func (m *image) readHead(b []byte) {
	h, at := &m.head, 24+8
	if m.wide {
		h.progAt, h.sectAt, at = m.order.Uint64(b[32:]), m.order.Uint64(b[40:]), 48
	} else {
		h.progAt, h.sectAt, at = uint64(m.order.Uint32(b[28:])), uint64(m.order.Uint32(b[32:])), 36
	}
	h.flags = m.order.Uint32(b[at:])
	for i, field := range []*uint16{&h.headBytes, &h.progBytes, &h.progs, &h.sectBytes, &h.sects, &h.names} {
		*field = m.order.Uint16(b[at+4+2*i:])
	}
}

// entries returns the sizes of a program header and a section header.
func (m *image) entries() (prog, sect uint64) {
	if m.wide {
		return 56, 64
	}
	return 32, 40
}

// checkTables fails if the tables of headers are not within the file, or have entries of another size than the class says.
func (m *image) checkTables() error {
	prog, sect := m.entries()
	h := m.head
	if h.progs > 0 && uint64(h.progBytes) != prog {
		return damaged("a program header has %d bytes instead of %d", "程序头为 %d 字节，应为 %d", h.progBytes, prog)
	}
	if h.sectAt != 0 && uint64(h.sectBytes) != sect {
		return damaged("a section header has %d bytes instead of %d", "节头为 %d 字节，应为 %d", h.sectBytes, sect)
	}
	if end, ok := within(h.progAt, uint64(h.progs)*prog, m.size); h.progs > 0 && !ok {
		return truncated(record.Say("the table of program headers", "程序头表"), end, m.size)
	}
	sections := uint64(h.sects)
	if h.sectAt != 0 && sections == 0 { // the number is in the first section's header
		if end, ok := within(h.sectAt, sect, m.size); !ok {
			return truncated(record.Say("the table of section headers", "节头表"), end, m.size)
		}
		zero := make([]byte, sect)
		if _, err := m.in.ReadAt(zero, int64(h.sectAt)); err != nil {
			return unreadable(err)
		}
		if m.wide {
			sections = m.order.Uint64(zero[32:])
		} else {
			sections = uint64(m.order.Uint32(zero[20:]))
		}
	}
	if sections > maxHeaders {
		return damaged("it lists %d sections", "它列出了 %d 个节", sections)
	}
	if end, ok := within(h.sectAt, sections*sect, m.size); h.sectAt != 0 && !ok {
		return truncated(record.Say("the table of section headers", "节头表"), end, m.size)
	}
	return nil
}

// within returns where size bytes from at end, and whether that is within a file of all bytes.
func within(at, size, all uint64) (end uint64, ok bool) {
	end = at + size
	if end < at {
		return ^uint64(0), false
	}
	return end, end <= all
}

// parse has package elf read the headers, once it is known that it allocates little for them.
func (m *image) parse() error {
	file, err := elf.NewFile(m.in)
	if err != nil {
		return damaged("%v", "%v", err)
	}
	m.file = file
	for i, p := range file.Progs {
		if end, ok := within(p.Off, p.Filesz, m.size); !ok && p.Type != elf.PT_NULL {
			return truncated(record.Sayf("segment %d (%v)", "第 %d 段（%v）", i, p.Type), end, m.size)
		}
	}
	for i, s := range file.Sections {
		if end, ok := within(s.Offset, s.FileSize, m.size); !ok && s.Type != elf.SHT_NOBITS && s.Type != elf.SHT_NULL {
			return truncated(record.Sayf("section %d (%.60q)", "第 %d 节（%.60q）", i, s.Name), end, m.size)
		}
	}
	return nil
}

// checkNames fails if the section with the sections' names is larger than any is, before package elf reads it whole.
func (m *image) checkNames() error {
	h := m.head
	_, sect := m.entries()
	index := uint64(h.names)
	if h.sectAt == 0 || index == uint64(elf.SHN_UNDEF) || h.sects != 0 && index >= uint64(h.sects) {
		return nil // package elf says what is wrong
	}
	header := make([]byte, sect)
	if end, ok := within(h.sectAt+index*sect, sect, m.size); !ok {
		return truncated(record.Say("the table of section headers", "节头表"), end, m.size)
	}
	if _, err := m.in.ReadAt(header, int64(h.sectAt+index*sect)); err != nil {
		return unreadable(err)
	}
	flags, at, size := uint64(m.order.Uint32(header[8:])), uint64(m.order.Uint32(header[16:])), uint64(m.order.Uint32(header[20:]))
	if m.wide {
		flags, at, size = m.order.Uint64(header[8:]), m.order.Uint64(header[24:]), m.order.Uint64(header[32:])
	}
	if flags&uint64(elf.SHF_COMPRESSED) != 0 || size > maxNames {
		return damaged("the names of its sections take %d bytes", "节名称占 %d 字节", size)
	}
	if end, ok := within(at, size, m.size); !ok {
		return truncated(record.Say("the section with the names of sections", "节名称所在的节"), end, m.size)
	}
	for name := range bytes.SplitSeq(m.bytes(at, size, maxNames), []byte{0}) {
		if len(name) > maxText {
			return damaged("the name of a section has %d bytes", "某个节名称长 %d 字节", len(name))
		}
	}
	return nil
}

// bytes returns what the file has from at on; nil if it is more than limit bytes, or not in the file.
func (m *image) bytes(at, size, limit uint64) []byte {
	if _, ok := within(at, size, m.size); !ok || size > limit {
		return nil
	}
	b := make([]byte, size)
	if _, err := m.in.ReadAt(b, int64(at)); err != nil && err != io.EOF {
		return nil
	}
	return b
}

// panicked turns a panic of a parser of the standard library into an error. None is known.
func panicked(err *error) {
	if p := recover(); p != nil {
		*err = damaged("%.200s", "%.200s", fmt.Sprint(p))
	}
}
