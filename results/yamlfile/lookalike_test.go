package yamlfile

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
)

// good is a file in which each mark of YAML's stands somewhere.
const good = `# 一个文件：带注释，“引号”　与空格
name: "名称：甲，乙"
words: [crypto, abi]
list:
  - n: 1
  - {n: 2}
own: 信创：基础，完整（“全部”）
`

func TestGood(t *testing.T) {
	if _, err := Decode("f.yaml", []byte(good), &content{}); err != nil {
		t.Fatal(err)
	}
}

// Each mark and blank of the good file, replaced by each character that only looks like it, is named with its line, or is
// where it does no harm.
func TestLookalikes(t *testing.T) {
	replaced := 0
	for mark, all := range map[rune]string{
		':': "：∶﹕︰", ',': "，、﹐︐", '[': "［【「『〔〖", ']': "］】」』〕〗", '{': "｛", '}': "｝", '"': "“”„‟〝〞＂", '-': "－—–―‐‑‒−﹣ー",
		' ': "\u3000\u00a0\u2002\u2003\u2009\u202f\u205f\u200b\u2060", '#': "＃",
	} {
		for _, r := range all {
			if meant(r) != mark {
				t.Errorf("%U is taken for %q, not %q", r, meant(r), mark)
			}
			for at, c := range good {
				line := 1 + strings.Count(good[:at], "\n")
				if c != mark || line == 1 && at > 0 {
					continue
				}
				replaced++
				text := good[:at] + string(r) + good[at+1:]
				var c content
				_, err := Decode("f.yaml", []byte(text), &c)
				what := fmt.Sprintf("%U for %q in line %d: %.40q", r, mark, line, text[max(0, at-10):])
				switch {
				case err == nil && harmless(c):
				case err == nil:
					t.Errorf("%s: read as %+v", what, c)
				case !strings.HasPrefix(err.Error(), fmt.Sprintf("f.yaml:%d: ", line)) || !strings.Contains(err.Error(), fmt.Sprintf("%U", r)) ||
					!strings.HasSuffix(err.Error(), "is meant"):
					t.Errorf("%s: %v", what, err)
				default:
					inChinese(t, what, err)
				}
			}
		}
	}
	if replaced < 180 {
		t.Errorf("%d characters were replaced", replaced)
	}
}

// harmless reports whether what was read has a replaced character in a value, which only who reads the value can judge (see
// TestMend).
func harmless(c content) bool {
	all := c.Name + c.Own.text + strings.Join(c.Words, "")
	n := len(c.List)
	return n == 2 && c.List[0].N == 1 && c.List[1].N == 2 && strings.ContainsFunc(all, func(r rune) bool { return meant(r) != 0 })
}

// Free text may have all of them.
func TestFreeText(t *testing.T) {
	text := "name: |\n  　　“第一”：甲，乙。\n  — ［丙］\nother: x\n"
	_, err := Decode("f.yaml", []byte(text), &content{})
	if err == nil || err.Error() != `f.yaml:4: there is no field "other" here` {
		t.Error(err)
	}
	text = "name: >-\n  　　“第一”：甲\nwords: [a\nown: 甲：乙\n"
	if _, err = Decode("f.yaml", []byte(text), &content{}); err == nil || strings.Contains(err.Error(), "is meant") {
		t.Error(err)
	}
}

// A complaint about a value names the character in it, and no other complaint does.
func TestMend(t *testing.T) {
	f, err := Decode("f.yaml", []byte("name: native\u3000\nwords: [crypto，abi]\nown: 甲：乙\n"), &content{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, place, want string }{
		{`no launcher "native\u3000"`, f.Place("name"), `f.yaml:1: no launcher "native\u3000"; an ideographic blank (U+3000) stands there, where an ordinary blank is meant`},
		{`no suite "crypto，abi"`, f.Place("words", 0), `f.yaml:2: no suite "crypto，abi"; the character ， (U+FF0C) stands there, where , is meant`},
		{`too short`, f.Place("own"), `f.yaml:3: too short`},
		{`crypto，abi`, "elsewhere", `elsewhere: crypto，abi`},
	} {
		if got := f.Mend(wrong(c.place, c.what)).Error(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// Letters and digits of full width are named as well.
func TestFullWidthLetters(t *testing.T) {
	for text, want := range map[string]string{
		"ｎame: a\n":            `f.yaml:1: there is no field "ｎame" here; the character ｎ (U+FF4E) stands there, where n is meant`,
		"list:\n  - n: １\n":    `f.yaml:2: n is a whole number, not "１"; the character １ (U+FF11) stands there, where 1 is meant`,
		"words: ［a, b］\n":      `f.yaml:1: words is a list: [［a, b］]; the character ［ (U+FF3B) stands there, where [ is meant`,
		"\ufeffname：a\nown: b": `f.yaml:1: cannot be read: the character ： (U+FF1A) stands there, where : is meant`,
	} {
		if _, err := Decode("f.yaml", []byte(text), &content{}); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := Decode("f.yaml", []byte("\ufeffname: a\n"), &content{}); err != nil {
		t.Errorf("with a byte order mark: %v", err)
	}
}

func TestMeant(t *testing.T) {
	for r := rune(0); r < 0x3000; r++ {
		if m := meant(r); m != 0 && (r <= unicode.MaxASCII || unicode.IsLetter(r) && r != 'ー') {
			t.Errorf("%U is taken for %q", r, m)
		}
	}
}
