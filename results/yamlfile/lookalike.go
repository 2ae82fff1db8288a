package yamlfile

import (
	"errors"
	"strconv"
	"strings"
	"unicode"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// alike are the characters that Chinese input methods and word processors write, with the character of YAML that each
// resembles. The full-width forms of ASCII are a range of their own.
var alike = map[rune]rune{
	'∶': ':', '﹕': ':', '︰': ':', '、': ',', '﹐': ',', '︐': ',',
	'【': '[', '「': '[', '『': '[', '〔': '[', '〖': '[', '】': ']', '」': ']', '』': ']', '〕': ']', '〗': ']',
	'“': '"', '”': '"', '„': '"', '‟': '"', '〝': '"', '〞': '"', '‘': '\'', '’': '\'', '‚': '\'',
	'—': '-', '–': '-', '―': '-', '‐': '-', '‑': '-', '‒': '-', '−': '-', '﹣': '-', 'ー': '-',
}

// blanks resemble a blank and are none for YAML.
var blanks = map[rune]record.Sentence{
	0x3000: record.Say("an ideographic blank", "全角空格"), 0x00a0: record.Say("a no-break blank", "不间断空格"),
	0x202f: record.Say("a narrow no-break blank", "窄不间断空格"), 0x200b: record.Say("a blank of no width", "零宽空格"),
	0x2060: record.Say("a word joiner of no width", "零宽连接符"), 0xfeff: record.Say("a byte order mark", "字节顺序标记"),
}

// meant returns the character of YAML that another resembles: a blank, a punctuation mark, a letter or a digit; 0 for any
// other.
func meant(r rune) rune {
	switch {
	case blanks[r].En != "" || r != ' ' && unicode.Is(unicode.Zs, r):
		return ' '
	case 0xff01 <= r && r <= 0xff5e: // full-width forms, in the order of ASCII
		return r - 0xff01 + '!'
	}
	return alike[r]
}

// describe returns a sentence on a character and the one that is meant.
func describe(r rune) record.Sentence {
	m := meant(r)
	if m != ' ' {
		return record.Sayf("the character %[1]c (%[1]U) stands there, where %[2]c is meant", "含字符 %[1]c（%[1]U），应为半角 %[2]c", r, m)
	}
	what := blanks[r]
	if what.En == "" {
		what = record.Say("a blank of another kind", "特殊空格")
	}
	return record.Sayf("%[1]s (%[2]U) stands there, where an ordinary blank is meant", "含%[1]s（%[2]U），应为普通空格", what, r)
}

// Mend adds to an error about the file's content that a character in the quoted text only resembles another, if there is
// one. It returns other errors unchanged.
func (f *File) Mend(err error) error {
	var p *record.Problem
	if !errors.As(err, &p) {
		return err
	}
	for _, r := range f.line(p.Place) {
		if meant(r) != 0 && quotes(p.Sentence.En, r) {
			return &record.Problem{Place: p.Place, Sentence: record.Sayf("%s; %s", "%s；%s", p.Sentence, describe(r)), Cause: p.Cause}
		}
	}
	return err
}

// quotes reports whether a sentence contains a character, as it is or as %q writes it.
func quotes(sentence string, r rune) bool {
	return strings.ContainsRune(sentence, r) || strings.Contains(sentence, strings.Trim(strconv.QuoteRune(r), "'"))
}

// line returns the text of the line of a place.
func (f *File) line(place string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(place, f.Name+":"))
	if err != nil || n < 1 || n > len(f.lines) {
		return ""
	}
	return f.lines[n-1]
}

// suspect returns the character that is most probably the reason why a file cannot be read: of those that resemble a mark
// or a blank of YAML where YAML needs one, the nearest to line near, preferably before it.
func (f *File) suspect(near int) (place string, r rune, found bool) {
	best := 0
	block := -1 // indentation of the key of the current block of text
	for i, text := range f.lines {
		n := i + 1
		indent := len(text) - len(strings.TrimLeft(text, " "))
		if block >= 0 && (indent > block || strings.TrimSpace(text) == "") {
			continue
		}
		block = -1
		bare := bareOf(strings.TrimPrefix(text, "\ufeff"))
		if opensBlock(bare) {
			block = indent
		}
		if c := odd(bare); c != 0 && (best == 0 || n <= near) {
			best, r = n, c
		}
	}
	return f.at(best), r, best > 0
}

// opensBlock reports whether a line ends in a mark that begins a block of text.
func opensBlock(bare []rune) bool {
	text := strings.TrimRight(string(bare), " \x00\r+-0123456789")
	return strings.HasSuffix(text, ": |") || strings.HasSuffix(text, ": >") || strings.HasSuffix(text, "- |") || strings.HasSuffix(text, "- >")
}

// bareOf returns a line with zeros in place of comments and quoted values. A quoted value that does not end in the line
// stays.
func bareOf(line string) []rune {
	out := []rune(strings.TrimRight(line, "\r"))
	for i := 0; i < len(out); i++ {
		opens := i == 0 || strings.ContainsRune(" \t[{,:-", out[i-1])
		switch {
		case out[i] == '#' && (i == 0 || out[i-1] == ' ' || out[i-1] == '\t'):
			clear(out[i:])
			return out
		case (out[i] == '"' || out[i] == '\'') && opens:
			end := i + 1
			for end < len(out) && out[end] != out[i] {
				end++
			}
			if end < len(out) {
				clear(out[i+1 : end])
				i = end
			}
		}
	}
	return out
}

// odd returns the first character of a line that only resembles the mark or blank of YAML that is needed there; 0 if
// there is none. A tab in the indentation is one.
func odd(bare []rune) rune {
	at := 0
	for at < len(bare) && (bare[at] == ' ' || bare[at] == '-' && at+1 < len(bare) && bare[at+1] == ' ') {
		at++
	}
	rest := bare[at:]
	if len(rest) == 0 {
		return 0
	}
	switch first := rest[0]; {
	case first == '\t', meant(first) == ' ', meant(first) != 0 && strings.ContainsRune("-#\"'[{", meant(first)):
		return first
	case first == '-' && len(rest) > 1 && meant(rest[1]) == ' ':
		return rest[1]
	}
	if r := atKey(rest); r != 0 {
		return r
	}
	return inValue(rest)
}

// atKey checks a key, which is letters of ASCII in these files, its colon and what follows.
func atKey(rest []rune) rune {
	for i, r := range rest {
		switch {
		case r == ':' && i+1 < len(rest) && meant(rest[i+1]) != 0:
			return rest[i+1]
		case meant(r) == ':' && i > 0:
			return r
		case meant(r) != 0 && meant(r) != ' ' && i == 0:
			return r
		case r == ':' || r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.-\"'\x00", r):
			return 0
		}
	}
	return 0
}

// inValue checks the beginning of a value, and the marks between values in brackets.
func inValue(rest []rune) rune {
	depth := 0
	quoted := strings.Count(string(rest), `"`)%2 == 1 || strings.Count(string(rest), `'`)%2 == 1
	for i, r := range rest {
		m := meant(r)
		begins := i > 1 && rest[i-1] == ' ' && (rest[i-2] == ':' || rest[i-2] == '-')
		switch {
		case r == '[' || r == '{':
			depth++
		case r == ']' || r == '}':
			depth--
		case m == 0:
		case begins && strings.ContainsRune("[{\"'|>&*!", m):
			return r
		case quoted && (m == '"' || m == '\''):
			return r
		case depth > 0 && strings.ContainsRune(",:[]{}\"' ", m) && (i > 0 && ascii(rest[i-1]) || i+1 < len(rest) && ascii(rest[i+1])):
			return r
		}
	}
	return 0
}

// ascii reports whether a character may be beside a mark of YAML: ASCII, or a part of a quoted value.
func ascii(r rune) bool { return r <= unicode.MaxASCII && r != ' ' }

// syntax returns the problem for an error of the YAML library about the syntax.
func (f *File) syntax(err error) error {
	line, text := split(err)
	place, r, found := f.suspect(line)
	switch {
	case found && r == '\t':
		return record.Wrongf(place, "a tab stands in the indentation: write blanks", "缩进中含制表符：请改用空格")
	case found:
		return &record.Problem{Place: place, Sentence: record.Sayf("cannot be read: %s", "无法读取：%s", describe(r))}
	}
	return &record.Problem{Place: f.at(line), Sentence: record.Sayf("cannot be read: %s", "无法读取：%s", words(text))}
}
