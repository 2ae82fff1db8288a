package record

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
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
