package executable

import (
	"debug/elf"

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
