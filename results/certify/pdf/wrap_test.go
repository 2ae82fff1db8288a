package pdf

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// monospace measures a text as a terminal does: Chinese is twice as wide.
func monospace(s string) (width float64) {
	for _, r := range s {
		width++
		if wide(r) {
			width++
		}
	}
	return width
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width float64
		want  []string
	}{
		{"", 10, []string{""}},
		{"severity critical", 10, []string{"severity", "critical"}},
		{"severity critical", 17, []string{"severity critical"}},
		{"检测结论：符合要求。", 9, []string{"检测结", "论：符合", "要求。"}},
		{"结论（符合）", 6, []string{"结论", "（符", "合）"}},
		{"运行 xcmatrix test 检测", 10, []string{"运行", "xcmatrix", "test 检测"}},
		{"example.com/shop/price", 12, []string{"example.com/", "shop/price"}},
		{"sm3:0123456789abcdef", 8, []string{"sm3:", "01234567", "89abcdef"}},
		{"长", 1, []string{"长"}},
	} {
		if got := wrap(c.text, c.width, monospace); !slices.Equal(got, c.want) {
			t.Errorf("%q in %v: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// No word that fits a line is broken, no line is too long, none begins with a closing mark, and no character is lost.
func FuzzWrap(f *testing.F) {
	f.Add("经检测，产品“示例商城”v1.2.0在平台上符合认证方案的 L2 级要求。critical severity", 12)
	f.Add("sm3:0123456789abcdef a/b-c", 5)
	f.Fuzz(func(t *testing.T, text string, n int) {
		text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
		width := float64(min(max(n, 2), 80))
		lines := wrap(text, width, monospace)
		strip := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := strip(strings.Join(lines, "")); got != strip(text) {
			t.Fatalf("%q became %q", text, lines)
		}
		words := strings.Fields(text)
		for i, line := range lines {
			if first, _ := utf8.DecodeRuneInString(line); i > 0 && strings.ContainsRune("，。；：", first) && width > 8 && !crowded(text, width) {
				t.Errorf("%q begins with a mark, of %q", line, lines)
			}
			if monospace(line) > width && !crowded(text, width) {
				t.Errorf("%q is longer than %v", line, width)
			}
		}
		for _, w := range words {
			if strings.ContainsFunc(w, wide) || monospace(w) > width {
				continue
			}
			if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, w) }) {
				t.Errorf("the word %q is broken in %q", w, lines)
			}
		}
	})
}

// crowded reports whether a text has a piece that cannot be broken and is longer than a line.
func crowded(text string, width float64) bool {
	return slices.ContainsFunc(pieces(text), func(p string) bool { return monospace(strings.TrimSpace(p)) > width })
}
