package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// walker reads through valid JSON.
type walker struct {
	text  []byte
	at    int
	names [][]byte // the keys so far of the open objects, innermost last
}

// space skips white space.
func (w *walker) space() {
	for w.at < len(w.text) && (w.text[w.at] == ' ' || w.text[w.at] == '\n' || w.text[w.at] == '\t' || w.text[w.at] == '\r') {
		w.at++
	}
}

// skip skips white space and then sign, if that is next; it reports whether it was.
func (w *walker) skip(sign byte) bool {
	w.space()
	if w.at < len(w.text) && w.text[w.at] == sign {
		w.at++
		return true
	}
	return false
}

// value reads one value.
func (w *walker) value(known *keys) error {
	w.space()
	if w.at >= len(w.text) {
		return errors.New("it ends too early")
	}
	switch w.text[w.at] {
	case '{':
		return w.object(known)
	case '[':
		return w.array(known)
	case '"':
		_, err := w.quoted()
		return err
	}
	for ; w.at < len(w.text); w.at++ {
		switch w.text[w.at] {
		case ',', ']', '}', ' ', '\n', '\t', '\r':
			return nil
		}
	}
	return nil
}

// add adds a key to those of the innermost object, which begin at from, and reports whether it is new. It compares a few
// keys one by one; more are in the map too.
func (w *walker) add(name []byte, from int, many *map[string]bool) bool {
	const few = 32
	own := w.names[from:]
	switch {
	case len(own) < few:
		for _, other := range own {
			if bytes.Equal(other, name) {
				return false
			}
		}
		w.names = append(w.names, name)
		return true
	case *many == nil:
		*many = make(map[string]bool, 2*few)
		for _, other := range own {
			(*many)[string(other)] = true
		}
	}
	if (*many)[string(name)] {
		return false
	}
	(*many)[string(name)] = true
	return true
}

// array reads an array.
func (w *walker) array(known *keys) error {
	w.at++
	if w.skip(']') {
		return nil
	}
	for {
		if err := w.value(known); err != nil {
			return err
		}
		if w.skip(',') {
			continue
		}
		if w.skip(']') {
			return nil
		}
		return errors.New("an array does not end")
	}
}

// object reads an object.
func (w *walker) object(known *keys) error {
	w.at++
	if w.skip('}') {
		return nil
	}
	from := len(w.names)
	var many map[string]bool
	for {
		w.space()
		name, err := w.quoted()
		if err != nil {
			return err
		}
		if !w.add(name, from, &many) {
			return fmt.Errorf("the key %.40q stands twice in one object", name)
		}
		under, err := known.under(name)
		if err != nil {
			return err
		}
		if !w.skip(':') {
			return errors.New("a key has no value")
		}
		if err := w.value(under); err != nil {
			return err
		}
		if w.skip(',') {
			continue
		}
		if w.skip('}') {
			w.names = w.names[:from]
			return nil
		}
		return errors.New("an object does not end")
	}
}

// quoted reads a string and returns its content.
func (w *walker) quoted() ([]byte, error) {
	if w.at >= len(w.text) || w.text[w.at] != '"' {
		return nil, errors.New("a string is missing")
	}
	start, escaped := w.at+1, false
	for w.at++; w.at < len(w.text); w.at++ {
		switch w.text[w.at] {
		case '\\':
			escaped = true
			w.at++
		case '"':
			inner := w.text[start:w.at]
			w.at++
			if !escaped {
				return inner, nil
			}
			return unescape(inner)
		}
	}
	return nil, errors.New("a string does not end")
}

// unescape returns the content of a string with escapes. It returns an error for half a surrogate pair, which
// encoding/json reads as U+FFFD and others do not.
func unescape(inner []byte) ([]byte, error) {
	for i := 0; i+1 < len(inner); i++ {
		if inner[i] != '\\' {
			continue
		}
		i++
		if inner[i] != 'u' || i+5 > len(inner) {
			continue
		}
		first := hex4(inner[i+1:])
		i += 4
		if !utf16.IsSurrogate(first) {
			continue
		}
		if i+6 >= len(inner) || inner[i+1] != '\\' || inner[i+2] != 'u' || utf16.DecodeRune(first, hex4(inner[i+3:])) == utf8.RuneError {
			return nil, errors.New("a string holds half a surrogate pair")
		}
		i += 6
	}
	var s string
	err := json.Unmarshal(append(append([]byte{'"'}, inner...), '"'), &s)
	return []byte(s), err
}

// hex4 returns the value of four hexadecimal digits.
func hex4(digits []byte) rune {
	n, err := strconv.ParseUint(string(digits[:4]), 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}
