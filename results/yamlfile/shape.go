package yamlfile

import (
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// name identifies a value for people: by its key, or its index in a list.
type name struct {
	key   string // "" at the top of the file
	entry int    // from 1; 0 for the value of the key itself
}

func (n name) sentence() record.Sentence {
	switch {
	case n.key == "":
		return record.Say("the file", "文件")
	case n.entry > 0:
		return record.Sayf("%s, entry %d,", "%s 的第 %d 项", n.key, n.entry)
	}
	return record.Say(n.key, n.key+" ")
}

// wrongShape returns the first value that is not of the kind that a Go type needs, and a sentence on the right one; nil
// if there is none. It does not check types with a decoder of their own.
func wrongShape(node *yaml.Node, t reflect.Type, n name) (*yaml.Node, record.Sentence) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if node.ShortTag() == "!!null" || decodesItself(t) {
		return nil, record.Sentence{}
	}
	switch t.Kind() {
	case reflect.Slice:
		if node.Kind != yaml.SequenceNode {
			return node, listWanted(node, t, n)
		}
		for i, c := range node.Content {
			if wrong, what := wrongShape(c, t.Elem(), name{n.key, i + 1}); wrong != nil {
				return wrong, what
			}
		}
	case reflect.Struct, reflect.Map:
		if node.Kind != yaml.MappingNode {
			return node, fieldsWanted(node, t, n)
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i].Value
			of, known := fieldType(t, key)
			if !known {
				continue
			}
			if wrong, what := wrongShape(node.Content[i+1], of, name{key: key}); wrong != nil {
				return wrong, what
			}
		}
	default:
		return wrongScalar(node, t, n)
	}
	return nil, record.Sentence{}
}

var (
	unmarshaler = reflect.TypeFor[yaml.Unmarshaler]()
	older       = reflect.TypeFor[interface{ UnmarshalYAML(func(any) error) error }]()
)

// decodesItself reports whether a type has a decoder of its own.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(unmarshaler) || p.Implements(older)
}

// fieldType returns the type of a key's value; false if the type has no such key.
func fieldType(t reflect.Type, key string) (reflect.Type, bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	for i := range t.NumField() {
		if tagged(t.Field(i)) == key {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

// tagged returns the key that a field is read from.
func tagged(f reflect.StructField) string {
	tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if tag == "" {
		return strings.ToLower(f.Name)
	}
	return tag
}

func listWanted(node *yaml.Node, t reflect.Type, n name) record.Sentence {
	of := t.Elem()
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch {
	case of.Kind() == reflect.Struct || of.Kind() == reflect.Map:
		return record.Sayf(`%s is a list: each entry stands in lines of its own and begins with "- "%s`, `%s是列表：每一项另起一行并以 "- " 开头%s`, n.sentence(), insteadOf(node))
	case node.Kind == yaml.ScalarNode:
		return record.Sayf("%s is a list: [%.80s]", "%s是列表，应写作 [%.80s]", n.sentence(), printable(shown(node.Value)))
	}
	return record.Sayf(`%s is a list: write [a, b], or each entry in a line of its own after "- "`, `%s是列表：请写作 [a, b]，或每行一项并以 "- " 开头`, n.sentence())
}

// secret matches values that may contain a password: a data source name, or a part of one.
var secret = pattern.Of(`(?i)://|@|passw|pwd|secret`)

// shown returns the part of a value that a sentence may show: nothing if it may contain a password.
func shown(value string) string {
	if secret().MatchString(value) {
		return "…"
	}
	return value
}

// insteadOf quotes a single value in the place of a list or of fields.
func insteadOf(node *yaml.Node) record.Sentence {
	if node.Kind != yaml.ScalarNode {
		return record.Sentence{}
	}
	return record.Sayf(", not %.80q", "，而不是 %.80q", shown(node.Value))
}

func fieldsWanted(node *yaml.Node, t reflect.Type, n name) record.Sentence {
	example := "name"
	if t.Kind() == reflect.Struct && t.NumField() > 0 {
		example = tagged(t.Field(0))
	}
	return record.Sayf("%s holds fields, such as %s: …%s", "%s由字段组成，形如 %s: …%s", n.sentence(), example, insteadOf(node))
}

func wrongScalar(node *yaml.Node, t reflect.Type, n name) (*yaml.Node, record.Sentence) {
	if node.Kind != yaml.ScalarNode {
		return node, record.Sayf("%s is a single value, not %s", "%s是单个值，而不是%s", n.sentence(), kindOf(node))
	}
	into := reflect.New(t)
	if node.Decode(into.Interface()) == nil {
		return nil, record.Sentence{}
	}
	wanted := record.Say("text", "文本")
	switch t.Kind() {
	case reflect.Bool:
		wanted = record.Say("true or false", "true 或 false")
	case reflect.Float32, reflect.Float64:
		wanted = record.Say("a number", "数字")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		wanted = record.Say("a whole number", "整数")
	}
	return node, record.Sayf("%s is %s, not %.80q", "%s应为%s，而不是 %.80q", n.sentence(), wanted, shown(node.Value))
}

// kindOf returns the name of a value's kind.
func kindOf(node *yaml.Node) record.Sentence {
	switch node.Kind {
	case yaml.SequenceNode:
		return record.Say("a list", "列表")
	case yaml.MappingNode:
		return record.Say("a group of fields", "一组字段")
	}
	return record.Sayf("%.80q", " %.80q", shown(node.Value))
}

var cannotUnmarshal = pattern.Of(`(?s)^cannot unmarshal (!!\w+)`)

// wrongAt returns a sentence on the value in a line that a type with its own decoder refused; false if it is not found.
func (f *File) wrongAt(line int, text string) (record.Sentence, bool) {
	m := cannotUnmarshal().FindStringSubmatch(text)
	if m == nil {
		return record.Sentence{}, false
	}
	node, n := find(top(&f.root), name{}, func(node *yaml.Node) bool { return node.Line == line && node.ShortTag() == m[1] })
	if node == nil {
		return record.Sentence{}, false
	}
	return record.Sayf("%s cannot be %s", "%s不能是%s", n.sentence(), kindOf(node)), true
}

// find returns the first value for which wanted is true, with its name.
func find(node *yaml.Node, n name, wanted func(*yaml.Node) bool) (*yaml.Node, name) {
	if wanted(node) {
		return node, n
	}
	for i, c := range node.Content {
		of := name{n.key, i + 1}
		if node.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			of = name{key: node.Content[i-1].Value}
		}
		if found, as := find(c, of, wanted); found != nil {
			return found, as
		}
	}
	return nil, name{}
}

// printable returns a text of the file without characters that a terminal would interpret.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
