package yamlfile

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// notUTF8 returns a *record.Problem with the line if a text is not UTF-8; nil if it is. It names the encodings that
// editors on Chinese systems write.
func notUTF8(name string, text []byte) error {
	f := &File{Name: name}
	switch {
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		return record.Wrongf(f.at(1), "the file is UTF-16: save it as UTF-8", "文件编码为 UTF-16，请另存为 UTF-8")
	case !utf8.Valid(text):
		at := f.at(lineOf(text, invalidAt(text)))
		if looksLikeGBK(text) {
			return record.Wrongf(at, "the line is not UTF-8; the file looks like GBK (GB 18030): save it as UTF-8, as by iconv -f GB18030 -t UTF-8",
				"本行不是 UTF-8 编码，文件疑为 GBK（GB 18030）：请另存为 UTF-8，例如 iconv -f GB18030 -t UTF-8")
		}
		return record.Wrongf(at, "the line is not UTF-8: save the file as UTF-8", "本行不是 UTF-8 编码：请将文件另存为 UTF-8")
	}
	control := bytes.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' && r != 0x85 })
	if control >= 0 {
		r, _ := utf8.DecodeRune(text[control:])
		return record.Wrongf(f.at(lineOf(text, control)), "the control character %U stands there; the file is no text, or was damaged",
			"含控制字符 %U：该文件不是文本文件或已损坏", r)
	}
	return nil
}

// lineOf returns the line of an offset, from 1.
func lineOf(text []byte, at int) int { return 1 + bytes.Count(text[:at], []byte("\n")) }

// invalidAt returns the offset of the first byte that is not UTF-8.
func invalidAt(text []byte) int {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return at
}

// looksLikeGBK reports whether all bytes beyond ASCII are in pairs as in GBK, or in groups of four as in GB 18030.
func looksLikeGBK(text []byte) bool {
	between := func(i int, low, high byte) bool { return i < len(text) && low <= text[i] && text[i] <= high }
	for i := 0; i < len(text); {
		switch {
		case text[i] < 0x80:
			i++
		case !between(i, 0x81, 0xfe):
			return false
		case between(i+1, 0x40, 0xfe) && text[i+1] != 0x7f:
			i += 2
		case between(i+1, 0x30, 0x39) && between(i+2, 0x81, 0xfe) && between(i+3, 0x30, 0x39):
			i += 4
		default:
			return false
		}
	}
	return true
}
