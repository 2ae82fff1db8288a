package plain

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// Writer passes on the program's output without characters that act, except the program's own: newlines, tabs, and on a
// terminal colours and sequences that redraw a line. It is the last filter; [Text] has cleaned text from elsewhere
// before, so that no name adds a line or a colour.
type Writer struct {
	Out      io.Writer
	Terminal bool // colours and redrawing are allowed
	JSON     bool // characters that act are written as JSON escapes

	mu   sync.Mutex
	half []byte // the beginning of a character or an allowed escape sequence, whose end was not written yet
	out  []byte
}

// Write writes p, but keeps bytes at its end that may be the beginning of a character for the next call.
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
		n := printable(text)
		w.out = append(w.out, text[:n]...)
		text = text[n:]
		if len(text) == 0 {
			break
		}
		if !utf8.FullRune(text) || !w.Terminal && string(text) == "\r" {
			w.half = bytes.Clone(text)
			break
		}
		if own, whole := w.allowed(text); own > 0 {
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

// put appends one character to out, replaced if it acts.
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

// printable returns the number of bytes at the beginning that are printable ASCII, or the dash and the micro sign of
// tables.
func printable(text []byte) int {
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

// allowed returns the length of an allowed sequence at the beginning: a colour (SGR), clearing the end of a line, or a
// return to its beginning. whole is false if the sequence has not ended yet.
func (w *Writer) allowed(text []byte) (n int, whole bool) {
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
