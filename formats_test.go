package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// TestBothFormatsTakeTheSameArguments reads each pair of an English and a Chinese text in all code: where one is a format,
// fmt can render both, and both take as many arguments: the same, each as the same kind of value, or where one is a word, one of
// each language.
func TestBothFormatsTakeTheSameArguments(t *testing.T) {
	formats := 0
	eachSource(t, func(set *token.FileSet, file *ast.File) {
		for _, p := range textPairs(file) {
			if len(argumentsOf(p.en))+len(argumentsOf(p.zh)) > 0 {
				formats++
			}
			if why := p.wrong(); why != "" {
				t.Errorf("%s: %s:\n  %q\n  %q", set.Position(p.at), why, p.en, p.zh)
			}
		}
	})
	if formats < 700 {
		t.Errorf("%d formats", formats)
	}
}

// TestWrongFormatsAreFound feeds the rule with pairs that break it, and with pairs that do not.
func TestWrongFormatsAreFound(t *testing.T) {
	for code, want := range map[string]string{
		`say("%d of %d, ±%.0f %%", "%[2]d 项中有 %[1]d 项超过 ±%[3].0f %%")`:                      "BADINDEX",
		`say("%d of %d, ±%.0f %%", "%[2]d 项中有 %[1]d 项超过 ±%.0[3]f %%")`:                      "",
		`record.Sayf("%s of %d", "%d 中的 %s", a, b)`:                                         "another kind",
		`record.Sayf("%s of %d", "%[2]d 中的 %[1]s", a, b)`:                                   "",
		`record.Sayf("%s of %s", "有 %s", a, b)`:                                             "takes 2 arguments, the Chinese 1",
		`record.Wrongf("x", "it is %s", "是 %[2]s", a, b)`:                                   "",
		`record.Wrongf("x", "it is %s", "是 %[3]s", a, b, c)`:                                "neither takes all",
		`record.Sayf("no ratio to %s (p %.2g)", "与 %[1]s 相比无比值（p %[2].2g）", a, b)`:          "BADINDEX",
		`record.Sayf("one of %s", "之一：%s", a, b)`:                                           "has 2 arguments",
		`record.Sayf("%d of at least %d: --rounds %[2]d", "%d，至少 %d：--rounds %[2]d", a, b)`: "",
		`say("%d "+plural(n)+" of %s", "%[2]s 的 %[1]d")`:                                    "",
		`say("100 % sure", "百分之百")`:                                                         "",
	} {
		expression, err := parser.ParseExpr(code)
		if err != nil {
			t.Fatal(err)
		}
		found := textPairs(expression)
		if len(found) != 1 {
			t.Fatalf("%s: %d pairs", code, len(found))
		}
		if got := found[0].wrong(); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

// pair is a text in both languages, as a call has it.
type pair struct {
	at     token.Pos
	en, zh string
	given  int // arguments after the texts of a call of Sayf or Wrongf; -1 if it is none, or passes on a list
}

// textPairs returns the pairs in a tree: two arguments of a call, one after the other, the second of which has Chinese.
func textPairs(tree ast.Node) (found []pair) {
	ast.Inspect(tree, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is {
			return true
		}
		for i := 1; i < len(call.Args); i++ {
			en, isEn := wholeText(call.Args[i-1])
			zh, isZh := wholeText(call.Args[i])
			if !isEn || !isZh || !chinese(zh) || chinese(en) {
				continue
			}
			p := pair{at: call.Args[i].Pos(), en: en, zh: zh, given: -1}
			if name := called(call); (name == "Sayf" || name == "Wrongf") && !call.Ellipsis.IsValid() {
				p.given = len(call.Args) - i - 1
			}
			found = append(found, p)
		}
		return true
	})
	return found
}

// called is the name of the function that a call calls, without its package.
func called(call *ast.CallExpr) string {
	if f, is := call.Fun.(*ast.SelectorExpr); is {
		return f.Sel.Name
	}
	return nameOf(call.Fun)
}

// wholeText returns the text of a string, or of a sum of strings; what is not a literal counts as a word.
func wholeText(e ast.Expr) (text string, is bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		left, isLeft := wholeText(e.X)
		right, isRight := wholeText(e.Y)
		if !isLeft && !isRight || e.Op != token.ADD {
			return "", false
		}
		return left + right, true
	}
	return "word", false
}

func chinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// wrong returns what is wrong with a pair; "" if nothing is.
func (p pair) wrong() string {
	en, zh := argumentsOf(p.en), argumentsOf(p.zh)
	all := maps.Clone(en)
	for n, kind := range zh {
		if before, is := en[n]; is && before != kind && before != 'v' && kind != 'v' {
			return fmt.Sprintf("argument %d is of another kind in one: %%%c and %%%c", n, before, kind)
		}
		all[n] = kind
	}
	if len(all) == 0 {
		return ""
	}
	for _, format := range []string{p.en, p.zh} {
		if out := fmt.Sprintf(format, values(all)[:last(argumentsOf(format))]...); strings.Contains(out, "%!") {
			return "one renders as " + out
		}
	}
	switch {
	case len(en) != len(zh):
		return fmt.Sprintf("the English takes %d arguments, the Chinese %d", len(en), len(zh))
	case last(all) != len(all):
		return fmt.Sprintf("of %d arguments neither takes all", last(all))
	case p.given >= 0 && p.given != len(all):
		return fmt.Sprintf("the formats take %d, the call has %d arguments", len(all), p.given)
	}
	return ""
}

// last is the greatest number of an argument; 0 if there is none.
func last(kinds map[int]byte) int {
	if len(kinds) == 0 {
		return 0
	}
	return slices.Max(slices.Collect(maps.Keys(kinds)))
}

// formatVerb matches a verb of a format, and %% too: flags, width, precision, index, letter. An index before a precision, which
// fmt refuses, is matched as well, so that rendering shows it.
var formatVerb = regexp.MustCompile(`%([-+#0]*)(?:\[(\d+)\])?(\d+|\*)?(?:\.(\d+|\*)?)?(?:\[(\d+)\])?([a-zA-Z%])`)

// argumentsOf returns the number of each argument that a format takes, from 1, and the kind of its value: 's', 'd', 'f', or
// 'v' for any.
func argumentsOf(format string) map[int]byte {
	kinds := map[int]byte{}
	next := 1
	for _, m := range formatVerb.FindAllStringSubmatch(format, -1) {
		letter := m[6][0]
		if letter == '%' {
			continue
		}
		for _, star := range m[3:5] {
			if star == "*" {
				kinds[next], next = 'd', next+1
			}
		}
		if index := m[2] + m[5]; index != "" {
			next, _ = strconv.Atoi(index)
		}
		kind := map[byte]byte{'s': 's', 'q': 's', 'd': 'd', 'c': 'd', 'f': 'f', 'g': 'f', 'e': 'f'}[letter]
		if before := kinds[next]; before == 0 || before == 'v' {
			kinds[next] = max(kind, 0)
		}
		if kinds[next] == 0 {
			kinds[next] = 'v'
		}
		next++
	}
	return kinds
}

// values returns a value for each argument.
func values(kinds map[int]byte) []any {
	all := make([]any, last(kinds))
	for i := range all {
		switch kinds[i+1] {
		case 'd', 'v':
			all[i] = 7
		case 'f':
			all[i] = 0.5
		default:
			all[i] = "text"
		}
	}
	return all
}
