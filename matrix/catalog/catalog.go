// Package catalog holds the known chips, systems and items, and the pairs of operating system and architecture that Go supports.
// The data are YAML files embedded in the binary; each entry names its public source.
package catalog

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Rule recognises a chip or a system. Each key is a field of /proc/cpuinfo or os-release, and each value a regular expression
// that the whole field must match, or must not match if the value begins with "!". A rule matches if all of its fields exist
// and match. Because vendors spell names in different ways, case is ignored, full-width characters equal ASCII, and a blank in an
// expression matches any number of blanks, commas, hyphens and underscores.
type Rule map[string]string

// matches reports whether the fields, from [Fields], match the rule. It compares literal values first: they exclude nearly all
// entries, and compiling an expression is slow under an emulator.
func (r Rule) matches(fields map[string]string) bool {
	for key, pattern := range r {
		value, ok := fields[strings.ToLower(key)]
		if !ok || isLiteral(pattern) && !strings.EqualFold(normalize(value), pattern) {
			return false
		}
	}
	for key, pattern := range r {
		if isLiteral(pattern) {
			continue
		}
		pattern, not := strings.CutPrefix(pattern, "!")
		if mustCompile(pattern).MatchString(normalize(fields[strings.ToLower(key)])) == not {
			return false
		}
	}
	return len(r) > 0
}

// isLiteral reports whether an expression matches only itself.
func isLiteral(pattern string) bool { return !strings.ContainsAny(pattern, `\.+*?()|[]{}^$! `) }

// trademarks removes trademark signs, which some vendors put into names.
var trademarks = strings.NewReplacer("(R)", "", "(r)", "", "(TM)", "", "(tm)", "", "®", "", "™", "")

// normalize returns a value without trademark signs, with full-width characters and Unicode blanks replaced by ASCII.
func normalize(value string) string {
	value = trademarks.Replace(value)
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

// check returns an error if an expression is invalid.
func (r Rule) check() error {
	for key, pattern := range r {
		if _, err := compileRule(strings.TrimPrefix(pattern, "!")); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// compileRule compiles an expression of a rule, which matches whole values.
func compileRule(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`(?is)^(?:` + strings.ReplaceAll(pattern, " ", `[\s,_-]*`) + `)$`)
}

// mustCompile is compileRule for expressions in the embedded files, which the tests compile.
func mustCompile(pattern string) *regexp.Regexp {
	expression, err := compileRule(pattern)
	if err != nil {
		panic(err) // the embedded file is wrong
	}
	return expression
}

// anyMatches reports whether one of the rules matches the fields.
func anyMatches(rules []Rule, fields map[string]string) bool {
	for _, r := range rules {
		if r.matches(fields) {
			return true
		}
	}
	return false
}

// maxText is the number of bytes of a text that Fields reads. The first processor of /proc/cpuinfo and the longest os-release have
// a few kilobytes; a hostile machine may give more.
const maxText = 64 << 10

// Fields parses lines "key : value" (/proc/cpuinfo) and "KEY=value" (os-release). Keys are returned in lower case, and values
// without surrounding blanks and quotes. If a key occurs several times the first value is returned, which is that of the first
// processor.
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
