package executable

import (
	"debug/elf"
	"encoding/hex"
	"fmt"
	"strings"
)

// Note is an entry of a segment or section of notes.
type Note struct {
	Owner string `json:"owner"`
	Type  uint32 `json:"type"`
	Bytes int    `json:"bytes"`
	Says  string `json:"says,omitempty"`
	Bad   bool   `json:"bad,omitempty"` // it is longer than what holds it

	text string
}

// readNotes sets the notes of the file: those of its sections, because segments leave some out, or else those of its segments.
func (m *image) readNotes(f *Facts) {
	read := false
	for _, s := range m.file.Sections {
		if s.Type == elf.SHT_NOTE {
			read = true
			m.addNotes(f, m.bytes(s.Offset, s.FileSize, maxNotes), s.Addralign)
		}
	}
	for _, p := range m.file.Progs {
		if p.Type == elf.PT_NOTE && !read {
			m.addNotes(f, m.bytes(p.Off, p.Filesz, maxNotes), p.Align)
		}
	}
}

// maxNoteCount is the number of notes that are listed.
const maxNoteCount = 200

func (m *image) addNotes(f *Facts, data []byte, align uint64) {
	if align != 8 {
		align = 4
	}
	for len(data) >= 12 && len(f.Notes) < maxNoteCount {
		nameSize, size, kind := uint64(m.order.Uint32(data)), uint64(m.order.Uint32(data[4:])), m.order.Uint32(data[8:])
		nameEnd := (12 + nameSize + align - 1) &^ (align - 1)
		end := nameEnd + size
		if end > uint64(len(data)) {
			f.Notes = append(f.Notes, Note{Type: kind, Bytes: len(data), Bad: true})
			return
		}
		n := Note{Owner: strings.TrimRight(string(data[12:12+min(nameSize, 32)]), "\x00"), Type: kind, Bytes: int(size)}
		m.explain(f, &n, data[nameEnd:end])
		f.Notes = append(f.Notes, n)
		data = data[min(uint64(len(data)), (end+align-1)&^(align-1)):]
	}
}

// explain sets what a note says, where it is known.
func (m *image) explain(f *Facts, n *Note, desc []byte) {
	switch {
	case n.Owner == "GNU" && n.Type == 3:
		f.BuildID = hex.EncodeToString(desc[:min(len(desc), 64)])
		n.Says = "build ID " + f.BuildID
	case n.Owner == "GNU" && n.Type == 1 && len(desc) == 16:
		system := []string{"Linux", "Hurd", "Solaris", "FreeBSD", "NetBSD", "Syllable", "NaCl"}
		if os := m.order.Uint32(desc); int(os) < len(system) {
			n.Says = fmt.Sprintf("for %s %d.%d.%d or newer", system[os], m.order.Uint32(desc[4:]), m.order.Uint32(desc[8:]), m.order.Uint32(desc[12:]))
		}
	case n.Owner == "Go" && n.Type == 4:
		n.text = string(desc[:min(len(desc), 200)])
		n.Says = "Go build ID"
	}
}
