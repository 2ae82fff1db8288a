package engine

import (
	"strings"
	"unicode"
)

// token is a word, number, text or sign of a statement.
type token struct {
	kind kind
	text string // a word in upper case, a text without its quotes
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

// scan returns the tokens of a statement. Unknown characters become signs, which no statement accepts.
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

// quoted returns the text between quotes, and its length with the quotes. A doubled quote stands for one quote.
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

// foldName returns the form of a name by which tables and users are stored: names are not case-sensitive.
func foldName(s string) string { return strings.ToUpper(s) }

// tokens are the tokens of a statement that were not parsed yet.
type tokens []token

// next removes and returns the first token; an end token if there is none.
func (t *tokens) next() token {
	if len(*t) == 0 {
		return token{}
	}
	first := (*t)[0]
	*t = (*t)[1:]
	return first
}

// peek returns the first token; an end token if there is none.
func (t *tokens) peek() token {
	if len(*t) == 0 {
		return token{}
	}
	return (*t)[0]
}

// accept removes the given words or signs and returns true, if the tokens begin with them.
func (t *tokens) accept(all ...string) bool {
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

// identifier removes and returns a name. It returns errUnknown if the first token is none.
func (t *tokens) identifier() (string, error) {
	if got := t.next(); got.kind == word || got.kind == name {
		return got.text, nil
	}
	return "", errUnknown
}

// expect removes a word or sign. It returns errUnknown if the first token is another.
func (t *tokens) expect(token string) error {
	if !t.accept(token) {
		return errUnknown
	}
	return nil
}

var errUnknown = newError(Unknown, "the stand-in, which is not a server, does not know this statement")
