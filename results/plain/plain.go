// Package plain makes text from elsewhere safe for a terminal, a page or a line of a file: characters that move the
// cursor, hide text, change its colour or its direction become U+FFFD.
package plain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// acts reports whether a character has an effect instead of a glyph: control characters (C0 and C1, newlines too), format
// characters (directions of writing, zero width), line and paragraph separators.
func acts(c rune) bool {
	return c < ' ' || c >= 0x7f && (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp))
}

// Text returns s as one line without characters that act, cut to n characters.
func Text(s string, n int) string {
	if len(s) <= n && inert(s) {
		return s
	}
	var b strings.Builder
	count := 0
	for _, c := range strings.ToValidUTF8(s, "\uFFFD") {
		if count == n {
			b.WriteString("…")
			break
		}
		count++
		if acts(c) {
			c = utf8.RuneError
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Line returns s as one line of any length without characters that act.
func Line(s string) string { return Text(s, len(s)) }

// Lines returns s with its newlines; each line but the first is indented, so that none looks like one of the program's
// own.
func Lines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, line := range lines {
		lines[i] = Line(strings.TrimRight(strings.ReplaceAll(line, "\t", "    "), "\r"))
	}
	return strings.Join(lines, "\n  ")
}

// Tail returns the last n bytes of a program's output as valid UTF-8, without white space at its ends, and with "…" before
// them if there were more.
func Tail(output []byte, n int) string {
	s := strings.TrimSpace(string(output))
	if len(s) <= n {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	s = s[len(s)-n:]
	for len(s) > 0 && !utf8.RuneStart(s[0]) {
		s = s[1:]
	}
	return "…" + strings.ToValidUTF8(s, "\uFFFD")
}

// LastLines returns the last n lines of a program's output that are not empty, separated by " | ", as valid UTF-8.
func LastLines(output []byte, n int) string {
	var lines []string
	for line := range strings.FieldsFuncSeq(string(output), func(c rune) bool { return c == '\n' || c == '\r' }) {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.ToValidUTF8(strings.Join(lines[max(0, len(lines)-n):], " | "), "\uFFFD")
}

// inert reports whether a text has printable ASCII characters only.
func inert(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
