package pdf

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Characters that a line of Chinese text does not begin with, and those that it does not end with (GB/T 15834-2011, 5.1).
const (
	closing = "，。、；：？！）》〉】〕”’…,.;:?!)]}%"
	opening = "（《〈【〔“‘([{"
	joints  = "/_-.:@=+&?" // behind which a path or a digest may go on in the next line
)

// wrap breaks a text into lines of a width; measure gives the width of a text. A word goes to the next line whole. One that
// is longer than a line is broken behind a joint, and inside where it has none. A line does not begin with a closing mark.
func wrap(text string, width float64, measure func(string) float64) []string {
	var lines []string
	line := ""
	add := func(piece string) {
		if line != "" && measure(strings.TrimRight(line+piece, " ")) > width {
			lines, line = append(lines, strings.TrimRight(line, " ")), ""
			piece = strings.TrimLeft(piece, " ")
		}
		line += piece
	}
	for _, piece := range pieces(text) {
		if measure(strings.TrimSpace(piece)) <= width {
			add(piece)
			continue
		}
		for _, part := range parts(piece, width, measure) {
			add(part)
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// pieces takes a text apart where a line may end: behind blanks, and between characters of Chinese.
func pieces(text string) []string {
	var out []string
	var prev rune
	from := 0
	for i, r := range text {
		if i > 0 && breaks(prev, r) {
			out = append(out, text[from:i])
			from = i
		}
		prev = r
	}
	return append(out, text[from:])
}

// breaks reports whether a line may end between two characters.
func breaks(before, after rune) bool {
	switch {
	case strings.ContainsRune(closing, after) || after == ' ' || strings.ContainsRune(opening, before):
		return false
	case before == ' ':
		return true
	}
	return wide(before) || wide(after)
}

// wide reports whether a character is one of Chinese, which stands alone as a word.
func wide(r rune) bool {
	return unicode.Is(unicode.Han, r) || 0x3000 <= r && r <= 0x303f || 0xff00 <= r && r <= 0xffef
}

// parts breaks a word that is longer than a line.
func parts(word string, width float64, measure func(string) float64) []string {
	var out []string
	rest := word
	for measure(strings.TrimSpace(rest)) > width {
		fits, joint := 0, 0
		for i, r := range rest {
			end := i + utf8.RuneLen(r)
			if i > 0 && measure(rest[:end]) > width {
				break
			}
			fits = end
			if strings.ContainsRune(joints, r) {
				joint = end
			}
		}
		if joint > 0 && joint < len(rest) {
			fits = joint
		}
		out, rest = append(out, rest[:fits]), rest[fits:]
	}
	if rest != "" {
		out = append(out, rest)
	}
	return out
}
