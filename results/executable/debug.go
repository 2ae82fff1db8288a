package executable

import (
	"slices"
	"strings"
)

// Debug says what DWARF a file has.
type Debug struct {
	Present  bool  `json:"present"`
	Units    int   `json:"units"`
	Versions []int `json:"versions"` // of DWARF, that units are in

	Broken  bool     `json:"broken"` // a unit is longer than the section
	Lacking []string `json:"lacking"`
}

// readDebug sets what the section .debug_info has. Only the headers of its units are read: it says nothing wrong of a file that
// leaves debugging out.
func (m *image) readDebug(f *Facts) {
	d := &f.Debug
	d.Versions, d.Lacking = []int{}, []string{}
	var names []string
	for _, s := range f.Sections {
		for _, prefix := range []string{".debug_", ".zdebug_"} {
			if name, is := strings.CutPrefix(s.Name, prefix); is && name != "gdb_scripts" {
				names = append(names, name)
			}
		}
	}
	if d.Present = slices.Contains(names, "info"); !d.Present {
		if slices.ContainsFunc(names, func(n string) bool { return n == "abbrev" || n == "line" || n == "ranges" || n == "rnglists" }) {
			d.Lacking = []string{"info"}
		}
		return
	}
	for _, need := range []string{"abbrev", "line"} {
		if !slices.Contains(names, need) {
			d.Lacking = append(d.Lacking, need)
		}
	}
	s := m.file.Section(".debug_info")
	if s == nil {
		return // compressed in the way of before 2015
	}
	data, err := content(s, maxDebug)
	if err != nil {
		f.Unread = append(f.Unread, ".debug_info")
		return
	}
	m.readUnits(d, data)
}

// readUnits reads the headers of units: DWARF 5, section 7.5.1.1.
func (m *image) readUnits(d *Debug, data []byte) {
	for len(data) >= 11 {
		size, header := uint64(m.order.Uint32(data)), uint64(4)
		if size == 0xffffffff && len(data) >= 14 {
			size, header = m.order.Uint64(data[4:]), 12
		}
		if size < 2 || size > uint64(len(data))-header {
			d.Broken = true
			return
		}
		d.Units++
		if v := int(m.order.Uint16(data[header:])); !slices.Contains(d.Versions, v) && len(d.Versions) < 20 {
			d.Versions = append(d.Versions, v)
		}
		data = data[header+size:]
	}
	slices.Sort(d.Versions)
}
