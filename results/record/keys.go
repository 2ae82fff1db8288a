package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Strict returns an error if JSON that encoding/json accepts could mean something else to another reader: it has a byte
// order mark, invalid UTF-8 or Unicode, a duplicate key in an object, or a key that differs from one of into's in upper
// and lower case only. Other unknown keys are allowed.
func Strict(text []byte, into any) error {
	return strict(text, keysOf(reflect.TypeOf(into), nil))
}

// strict does what Strict does, for known keys.
func strict(text []byte, known *keys) error {
	if err := CheckText(text); err != nil {
		return err
	}
	var room [24][]byte
	w := walker{text: text, names: room[:0]}
	return w.value(known)
}

// CheckText returns an error if text is no UTF-8, or begins with a byte order mark.
func CheckText(text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return errors.New("it begins with a byte order mark")
	case !utf8.Valid(text):
		return errors.New("it is not UTF-8")
	}
	return nil
}

// eventKeys are the keys of an event.
var eventKeys = keysOf(reflect.TypeFor[Event](), nil)

// keys are the keys of an object that a Go type reads, by name, each with the keys of the objects in its value. A nil
// *keys knows none.
type keys struct {
	names map[string]*keys // keys of a struct
	each  *keys            // keys of every element of a map
}

// keysOf returns the keys of a type; through has the structs around it, so that a type may contain itself.
func keysOf(t reflect.Type, through map[reflect.Type]*keys) *keys {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return keysOf(t.Elem(), through)
	case reflect.Map:
		return &keys{each: keysOf(t.Elem(), through)}
	case reflect.Struct:
	default:
		return nil
	}
	if k := through[t]; k != nil {
		return k
	}
	k := &keys{names: map[string]*keys{}}
	if through == nil {
		through = map[reflect.Type]*keys{}
	}
	through[t] = k
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && tag == "":
			if inner := keysOf(f.Type, through); inner != nil {
				for name, under := range inner.names {
					k.names[name] = under
				}
			}
		case !f.IsExported() || tag == "-":
		case tag == "":
			k.names[f.Name] = keysOf(f.Type, through)
		default:
			k.names[tag] = keysOf(f.Type, through)
		}
	}
	return k
}

// under returns the keys of the value of a key. It returns an error for a key that differs from a known one in case
// alone: encoding/json reads it as that one, other readers do not.
func (k *keys) under(name []byte) (*keys, error) {
	switch {
	case k == nil:
		return nil, nil
	case k.names == nil:
		return k.each, nil
	}
	if under, ok := k.names[string(name)]; ok {
		return under, nil
	}
	for known := range k.names {
		if strings.EqualFold(known, string(name)) {
			return nil, fmt.Errorf("the key %.40q is %q in other letters", name, known)
		}
	}
	return nil, nil
}

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
