package plain

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// Writer passes on what the program prints, without characters that act but for its own: newlines, tabs, and on a
// terminal colours and what redraws a line. It is the last on the way out; [Text] has cleaned what came from elsewhere
// before, so that no name makes a new line or a colour.
type Writer struct {
	Out      io.Writer
	Terminal bool // colours and redrawing pass
	JSON     bool // what is taken out is written as JSON escapes it

	mu   sync.Mutex
	half []byte // a character, or an escape sequence of the program's own, whose end has not been written yet
	out  []byte
}

// Write writes p, and keeps back what may be the beginning of a character.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := p
	if len(w.half) > 0 {
		text = append(w.half, p...)
		w.half = nil
	}
	w.out = w.out[:0]
	for len(text) > 0 {
		n := seen(text)
		w.out = append(w.out, text[:n]...)
		text = text[n:]
		if len(text) == 0 {
			break
		}
		if !utf8.FullRune(text) || !w.Terminal && string(text) == "\r" {
			w.half = bytes.Clone(text)
			break
		}
		if own, whole := w.own(text); own > 0 {
			w.out = append(w.out, text[:own]...)
			text = text[own:]
			continue
		} else if !whole {
			w.half = bytes.Clone(text)
			break
		}
		c, size := utf8.DecodeRune(text)
		w.out = w.put(w.out, c, size, text)
		text = text[size:]
	}
	if _, err := w.Out.Write(w.out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// put adds one character.
func (w *Writer) put(out []byte, c rune, size int, text []byte) []byte {
	switch {
	case c == '\n' || c == '\t' || c == '\r' && len(text) > 1 && text[1] == '\n' || !acts(c) && (c != utf8.RuneError || size > 1):
		return append(out, text[:size]...)
	case w.JSON && c >= 0x10000:
		high, low := utf16.EncodeRune(c)
		return fmt.Appendf(out, `\u%04x\u%04x`, high, low)
	case w.JSON && c != utf8.RuneError:
		return fmt.Appendf(out, `\u%04x`, c)
	}
	return utf8.AppendRune(out, utf8.RuneError)
}

// seen is how many bytes at the beginning are ASCII that passes, or the dash and the micro sign of tables.
func seen(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= ' ' && c < 0x7f || c == '\n' || c == '\t':
		case c == 0xe2 && i+2 < len(text) && text[i+1] == 0x80 && text[i+2] == 0x93: // –
			i += 2
		case c == 0xc2 && i+1 < len(text) && text[i+1] == 0xb5: // µ
			i++
		default:
			return i
		}
	}
	return len(text)
}

// own is the length of a sequence of the program's own at the beginning: a colour (SGR), the end of a line cleared, a
// return to its beginning. whole is false where the sequence has not ended yet.
func (w *Writer) own(text []byte) (n int, whole bool) {
	if !w.Terminal || text[0] != '\x1b' && text[0] != '\r' {
		return 0, true
	}
	if text[0] == '\r' {
		return 1, true
	}
	const longest = 24
	for i, c := range text[:min(len(text), longest)] {
		switch {
		case i == 0 || i == 1 && c == '[' || i > 1 && (c >= '0' && c <= '9' || c == ';'):
		case i > 1 && (c == 'm' || c == 'K'):
			return i + 1, true
		default:
			return 0, true
		}
	}
	return 0, len(text) >= longest
}
