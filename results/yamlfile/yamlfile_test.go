package yamlfile

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/xcmatrix/xcmatrix/results/record"
)

type content struct {
	Name string `yaml:"name"`
	List []struct {
		N int `yaml:"n"`
	} `yaml:"list"`
	Words []string `yaml:"words"`
	On    *bool    `yaml:"on"`
	More  *struct {
		Name string `yaml:"name"`
	} `yaml:"more"`
	Own own `yaml:"own"`
}

// own decodes itself.
type own struct{ text string }

func (o *own) UnmarshalYAML(decode func(any) error) error { return decode(&o.text) }

func TestComplaints(t *testing.T) {
	for text, want := range map[string]string{
		"name: a\nother: b\n":           `f.yaml:2: there is no field "other" here`,
		"name: a\nlist:\n  - n: x\n":    `f.yaml:3: n is a whole number, not "x"`,
		"name: a\nname: b\n":            `f.yaml:2: the key "name" stands in line 1 already`,
		"name: a\n---\nname: b\n":       "f.yaml:2: a second document; only one is read",
		"name: [\n":                     "f.yaml:1: cannot be read: did not find expected node content",
		"name: a\nname: \"\x01\"\n":     "f.yaml:2: the control character U+0001 stands there; the file is no text, or was damaged",
		"name: a\nlist:\n - {m: 1}\n":   `f.yaml:3: there is no field "m" here`,
		"name: a\nwords: crypto\n":      "f.yaml:2: words is a list: [crypto]",
		"name: a\nwords: \"\u202ex\"\n": `f.yaml:2: words is a list: ["\u202ex"]`,
		"words: {a: b}\n":               `f.yaml:1: words is a list: write [a, b], or each entry in a line of its own after "- "`,
		"words:\n  - [a]\n":             "f.yaml:2: words, entry 1, is a single value, not a list",
		"list: 7\n":                     `f.yaml:1: list is a list: each entry stands in lines of its own and begins with "- ", not "7"`,
		"list:\n  - a\n":                "f.yaml:2: list, entry 1, holds fields, such as n: …, not \"a\"",
		"list:\n  n: 1\n":               `f.yaml:2: list is a list: each entry stands in lines of its own and begins with "- "`,
		"name: [a]\n":                   "f.yaml:1: name is a single value, not a list",
		"name:\n  a: b\n":               "f.yaml:2: name is a single value, not a group of fields",
		"on: ja\n":                      `f.yaml:1: on is true or false, not "ja"`,
		"more: 'dm://u:s3cret@h/d'\n":   "f.yaml:1: more holds fields, such as name: …, not \"…\"",
		"'dm://u:s3cret@h': x\n":        `f.yaml:1: there is no field "…" here`,
		"list: pwd=s3cret\n":            `f.yaml:1: list is a list: each entry stands in lines of its own and begins with "- ", not "…"`,
		"more: a\n":                     "f.yaml:1: more holds fields, such as name: …, not \"a\"",
		"- 1\n":                         "f.yaml:1: the file holds fields, such as name: …",
		"name: a\nown: [b]\n":           "f.yaml:2: own cannot be a list",
		"name: \"a\n":                   "f.yaml:2: cannot be read: found unexpected end of stream",
		"name: a\n\tlist: b\n":          "f.yaml:2: a tab stands in the indentation: write blanks",
		"name: *none\n":                 "f.yaml:1: cannot be read: unknown anchor 'none' referenced",
	} {
		_, err := Decode("f.yaml", []byte(text), &content{})
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
			continue
		}
		inChinese(t, text, err)
	}
}

var englishWords = regexp.MustCompile("[A-Za-z]{2,} [A-Za-z]{2,}|unmarshal|yaml:")

// inChinese requires that a complaint's Chinese is there, and holds no English sentence.
func inChinese(t *testing.T, text string, err error) {
	t.Helper()
	var p *record.Problem
	if !errors.As(err, &p) || p.Zh == "" || englishWords.MatchString(p.Zh) || !strings.ContainsFunc(p.Zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("%q in Chinese: %v", text, p.In("zh"))
	}
}

func TestPlace(t *testing.T) {
	var c content
	f, err := Decode("f.yaml", []byte("# head\nname: a\nlist:\n  - n: 1\n  - n: 2\n"), &c)
	if err != nil || c.List[1].N != 2 {
		t.Fatal(c, err)
	}
	for want, path := range map[string][]any{
		"f.yaml:2": {"name"},
		"f.yaml:5": {"list", 1, "n"},
		"f.yaml:4": {"list", 0, "absent"},
	} {
		if got := f.Place(path...); got != want {
			t.Errorf("%v: %s, want %s", path, got, want)
		}
	}
}

func TestEmpty(t *testing.T) {
	f, err := Decode("f.yaml", []byte("# nothing\n"), &content{})
	if err != nil || f.Place("name") != "f.yaml:1" {
		t.Fatal(f, err)
	}
}
