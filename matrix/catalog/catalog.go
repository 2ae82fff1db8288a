// Package catalog is what the harness knows beforehand: chips, systems, the twelve items, and the pairs of operating
// system and architecture that Go builds for. The knowledge is in YAML files embedded in the binary, each entry with
// the public source it rests on; the code here only reads and matches.
package catalog

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Rule recognises a chip or a system by text that it shows. Each key is a field of /proc/cpuinfo or os-release, each
// value a regular expression that the whole field must match; one that begins with "!" must not match. All keys must
// hold, and a field that is absent holds for neither kind. Vendors spell one name in many ways, so case does not count,
// full-width forms are those of ASCII, and a blank in an expression stands for blanks, commas, hyphens and underscores, or
// for nothing.
type Rule map[string]string

// matches reports whether the fields, as [Fields] gives them, fulfil the rule. Plain values are compared first: they
// rule out nearly all entries, and compiling an expression is slow under an emulator. Expressions are those of the
// embedded files, which the tests compile.
func (r Rule) matches(fields map[string]string) bool {
	for key, pattern := range r {
		value, there := fields[strings.ToLower(key)]
		if !there || plain(pattern) && !strings.EqualFold(folded(value), pattern) {
			return false
		}
	}
	for key, pattern := range r {
		if plain(pattern) {
			continue
		}
		pattern, not := strings.CutPrefix(pattern, "!")
		if whole(pattern).MatchString(folded(fields[strings.ToLower(key)])) == not {
			return false
		}
	}
	return len(r) > 0
}

// plain reports whether an expression matches itself alone.
func plain(pattern string) bool { return !strings.ContainsAny(pattern, `\.+*?()|[]{}^$! `) }

// marks of trade stand in some vendors' names.
var marks = strings.NewReplacer("(R)", "", "(r)", "", "(TM)", "", "(tm)", "", "®", "", "™", "")

// folded has the full-width forms of ASCII, and the blanks of Unicode, as ASCII, and no marks of trade.
func folded(value string) string {
	value = marks.Replace(value)
	if strings.IndexFunc(value, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return value
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case 0xff01 <= r && r <= 0xff5e:
			return r - 0xff01 + '!'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, value))
}

func (r Rule) check() error {
	for key, pattern := range r {
		if _, err := compiled(strings.TrimPrefix(pattern, "!")); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func compiled(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`(?is)^(?:` + strings.ReplaceAll(pattern, " ", `[\s,_-]*`) + `)$`)
}

func whole(pattern string) *regexp.Regexp {
	expression, err := compiled(pattern)
	if err != nil {
		panic(err) // a fault of the build
	}
	return expression
}

func anyMatches(rules []Rule, fields map[string]string) bool {
	for _, r := range rules {
		if r.matches(fields) {
			return true
		}
	}
	return false
}

// maxText is how much of a text is looked at: the first processor of /proc/cpuinfo and the longest os-release take a
// few kilobytes, and the text may come from a hostile machine.
const maxText = 64 << 10

// Fields parses "key : value" (/proc/cpuinfo) and "KEY=value" (os-release) lines. Keys come out in lower case, since
// "Model Name" and "model name" are the same fact; values without blanks and quotes around them. The first of equal
// keys counts, which is that of the first processor.
func Fields(text string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(text[:min(len(text), maxText)]) {
		at := strings.IndexAny(line, ":=")
		if at < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		key := strings.ToLower(strings.TrimSpace(line[:at]))
		if _, seen := fields[key]; !seen {
			fields[key] = strings.TrimSpace(strings.Trim(strings.TrimSpace(line[at+1:]), `"'`))
		}
	}
	return fields
}

// decode reads one embedded file strictly. The files are part of the binary and tested, so that an error is a fault
// of the build, not of a user.
func decode[T any](name string, text []byte) T {
	var v T
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("catalog: %s: %v", name, err))
	}
	return v
}
