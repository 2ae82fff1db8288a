package pdf

import (
	"encoding/binary"
	"unicode"
)

// glyphs returns the characters of the basic plane that a font has: those whose glyph has an outline, or is a blank.
// Fonts have glyphs without an outline in place of letters that they leave to another font.
func glyphs(tables map[string][]byte) map[rune]bool {
	drawn := map[rune]bool{}
	outline := outlines(tables)
	for r, glyph := range characters(tables["cmap"]) {
		if glyph != 0 && (outline(glyph) || unicode.IsSpace(r)) {
			drawn[r] = true
		}
	}
	return drawn
}

// outlines returns a function that reports whether a glyph has an outline. It reads the table loca, which has two
// formats, and head, which says which.
func outlines(tables map[string][]byte) func(glyph uint16) bool {
	loca, head := tables["loca"], tables["head"]
	long := len(head) >= 52 && binary.BigEndian.Uint16(head[50:]) == 1
	return func(glyph uint16) bool {
		i := int(glyph)
		switch {
		case long && len(loca) >= 4*i+8:
			return binary.BigEndian.Uint32(loca[4*i:]) != binary.BigEndian.Uint32(loca[4*i+4:])
		case !long && len(loca) >= 2*i+4:
			return binary.BigEndian.Uint16(loca[2*i:]) != binary.BigEndian.Uint16(loca[2*i+2:])
		}
		return false
	}
}

// characters returns the glyph of each character, from the format 4 subtable of cmap, which the PDF library reads too.
func characters(cmap []byte) map[rune]uint16 {
	out := map[rune]uint16{}
	if len(cmap) < 4 {
		return out
	}
	for i := range int(binary.BigEndian.Uint16(cmap[2:])) {
		if len(cmap) < 4+8*i+8 {
			return out
		}
		at := binary.BigEndian.Uint32(cmap[4+8*i+4:])
		if uint64(at)+14 <= uint64(len(cmap)) && binary.BigEndian.Uint16(cmap[at:]) == 4 {
			segments(cmap[at:], out)
			return out
		}
	}
	return out
}

// segments adds to out the glyphs of a format 4 subtable: arrays of end codes, start codes, deltas and offsets.
func segments(table []byte, out map[rune]uint16) {
	double := int(binary.BigEndian.Uint16(table[6:]))
	word := func(at int) (int, bool) {
		if at < 0 || at+2 > len(table) {
			return 0, false
		}
		return int(binary.BigEndian.Uint16(table[at:])), true
	}
	for i := 0; i < double; i += 2 {
		last, ok1 := word(14 + i)
		first, ok2 := word(16 + double + i)
		delta, ok3 := word(16 + 2*double + i)
		offset, ok4 := word(16 + 3*double + i)
		if !ok1 || !ok2 || !ok3 || !ok4 {
			return
		}
		for c := first; c <= last && c != 0xffff; c++ {
			glyph := c
			if offset != 0 {
				if glyph, ok1 = word(16 + 3*double + i + offset + 2*(c-first)); !ok1 || glyph == 0 {
					continue
				}
			}
			out[rune(c)] = uint16(glyph + delta)
		}
	}
}
