package engine

import (
	"strings"
	"unicode"
)

// token is one word, number, text or sign of a statement.
type token struct {
	kind kind
	text string // a word in capitals, a text without its quotes
}

type kind int

const (
	end kind = iota
	word
	name // in double quotes
	number
	text // in single quotes
	sign
)

// scan takes a statement apart. What it does not know becomes a sign, which no statement has.
func scan(sql string) []token {
	var out []token
	for r := []rune(sql); len(r) > 0; {
		n := 1
		switch c := r[0]; {
		case unicode.IsSpace(c) || c == 0:
		case c == '\'' || c == '"':
			var body string
			body, n = quoted(r)
			out = append(out, token{map[rune]kind{'\'': text, '"': name}[c], body})
		case unicode.IsDigit(c):
			for n < len(r) && (unicode.IsDigit(r[n]) || r[n] == '.') {
				n++
			}
			out = append(out, token{number, string(r[:n])})
		case unicode.IsLetter(c) || c == '_':
			for n < len(r) && (unicode.IsLetter(r[n]) || unicode.IsDigit(r[n]) || strings.ContainsRune("_$", r[n])) {
				n++
			}
			out = append(out, token{word, strings.ToUpper(string(r[:n]))})
		default:
			out = append(out, token{sign, string(c)})
		}
		r = r[n:]
	}
	return out
}

// quoted returns what stands between quotes, and how long it is with them. A doubled quote is one.
func quoted(r []rune) (body string, n int) {
	var b strings.Builder
	for n = 1; n < len(r); n++ {
		if r[n] == r[0] {
			if n+1 == len(r) || r[n+1] != r[0] {
				return b.String(), n + 1
			}
			n++
		}
		b.WriteRune(r[n])
	}
	return b.String(), n
}

// fold returns a name as tables and users are found by it.
func fold(s string) string { return strings.ToUpper(s) }

// tokens is what is left of a statement while it is read.
type tokens []token

func (t *tokens) next() token {
	if len(*t) == 0 {
		return token{}
	}
	first := (*t)[0]
	*t = (*t)[1:]
	return first
}

func (t *tokens) peek() token {
	if len(*t) == 0 {
		return token{}
	}
	return (*t)[0]
}

// is takes the words or signs if they all stand here, else nothing.
func (t *tokens) is(all ...string) bool {
	if len(*t) < len(all) {
		return false
	}
	for i, want := range all {
		if got := (*t)[i]; got.text != want || got.kind != word && got.kind != sign {
			return false
		}
	}
	*t = (*t)[len(all):]
	return true
}

// identifier takes a name.
func (t *tokens) identifier() (string, error) {
	if got := t.next(); got.kind == word || got.kind == name {
		return got.text, nil
	}
	return "", errUnknown
}

// want takes a word or sign that has to stand here.
func (t *tokens) want(what string) error {
	if !t.is(what) {
		return errUnknown
	}
	return nil
}

var errUnknown = fail(Unknown, "the stand-in, which is not a server, does not know this statement")
