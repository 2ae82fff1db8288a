package plain_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/xcmatrix/xcmatrix/results/plain"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"native":                 "native",
		"龙芯 3A6000":              "龙芯 3A6000",
		"a\x1b[31mb":             "a\uFFFD[31mb",
		"a\nverified":            "a\uFFFDverified",
		"a\u009b2Jb":             "a\uFFFD2Jb",
		"\u202egnp.exe":          "\uFFFDgnp.exe",
		"zero\u200bwidth\ufeff":  "zero\uFFFDwidth\uFFFD",
		"line\u2028paragraph":    "line\uFFFDparagraph",
		"not \xff UTF-8":         "not \uFFFD UTF-8",
		"rubout\x7f":             "rubout\uFFFD",
		strings.Repeat("长", 300): strings.Repeat("长", 100) + "…",
	} {
		if got := plain.Text(in, 100); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := plain.Lines("go: \x1b[31mfailed\r\n\tverified\nproved x\n"); got != "go: \uFFFD[31mfailed\n      verified\n  proved x" {
		t.Errorf("%q", got)
	}
}

func TestEndOfOutput(t *testing.T) {
	for _, c := range []struct {
		output string
		n      int
		want   string
	}{{"all of it\n", 20, "all of it"}, {"0123456789", 4, "…6789"}, {"龙芯", 4, "…芯"}, {"a\xffb", 20, "a\uFFFDb"}, {"", 3, ""}} {
		if got := plain.Tail([]byte(c.output), c.n); got != c.want {
			t.Errorf("Tail of %q: %q, want %q", c.output, got, c.want)
		}
	}
	for output, want := range map[string]string{"a\n\nb\r\n  \nc \xff\n": "b | c \uFFFD", "one": "one", "\n": ""} {
		if got := plain.LastLines([]byte(output), 2); got != want {
			t.Errorf("LastLines of %q: %q, want %q", output, got, want)
		}
	}
}

func TestWriter(t *testing.T) {
	const colours = "\x1b[1;31mred\x1b[0m\r\x1b[K[1/2]\n"
	for name, c := range map[string]struct {
		w        *plain.Writer
		in, want string
	}{
		"plain":                   {&plain.Writer{}, "Verdicts\n\t龙芯 ✓\r\n", "Verdicts\n\t龙芯 ✓\r\n"},
		"colours, no terminal":    {&plain.Writer{}, colours, "\uFFFD[1;31mred\uFFFD[0m\uFFFD\uFFFD[K[1/2]\n"},
		"colours on a terminal":   {&plain.Writer{Terminal: true}, colours, colours},
		"other escapes":           {&plain.Writer{Terminal: true}, "\x1b]0;title\x07\x1b[2J\x1b[9;9H\x1bc", "\uFFFD]0;title\uFFFD\uFFFD[2J\uFFFD[9;9H\uFFFDc"},
		"an escape without end":   {&plain.Writer{Terminal: true}, "\x1b[" + strings.Repeat("1", 40) + "m", "\uFFFD[" + strings.Repeat("1", 40) + "m"},
		"C1 and directions":       {&plain.Writer{Terminal: true}, "\u009b2J\u202e\u2066\u200b", strings.Repeat("\uFFFD", 1) + "2J\uFFFD\uFFFD\uFFFD"},
		"in JSON":                 {&plain.Writer{JSON: true}, "{\"a\":\"\u009b\u202e\x7f龙\"}\n", `{"a":"\u009b\u202e\u007f龙"}` + "\n"},
		"bytes that are no UTF-8": {&plain.Writer{}, "a\xffb\xc3", "a\uFFFDb"},
	} {
		for _, size := range []int{1, 2, 3, 1 << 20} {
			var out bytes.Buffer
			w := &plain.Writer{Out: &out, Terminal: c.w.Terminal, JSON: c.w.JSON}
			for rest := []byte(c.in); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if n, err := w.Write(rest[:min(size, len(rest))]); err != nil || n != min(size, len(rest)) {
					t.Fatal(n, err)
				}
			}
			if out.String() != c.want {
				t.Errorf("%s, %d bytes a time: %q, want %q", name, size, out.String(), c.want)
			}
		}
	}
}

func FuzzWriter(f *testing.F) {
	f.Add("\x1b[31m\u009b\xff\n", 3, true)
	f.Fuzz(func(t *testing.T, in string, cut int, js bool) {
		var out bytes.Buffer
		w := plain.Writer{Out: &out, JSON: js}
		at := min(max(cut, 0), len(in))
		for _, part := range []string{in[:at], in[at:]} {
			if _, err := w.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range out.String() {
			if c != '\n' && c != '\t' && c != '\r' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) || !utf8.Valid(out.Bytes()) {
				t.Errorf("%q: %q", in, out.String())
			}
		}
	})
}

func TestJSONStaysTheSame(t *testing.T) {
	was := map[string]string{"a": "\x1b[2J\u009b\u202e\U000E0001龙\x7f"}
	var out bytes.Buffer
	enc := json.NewEncoder(&plain.Writer{Out: &out, JSON: true})
	enc.SetEscapeHTML(false)
	if err := enc.Encode(was); err != nil {
		t.Fatal(err)
	}
	var is map[string]string
	if err := json.Unmarshal(out.Bytes(), &is); err != nil || is["a"] != was["a"] {
		t.Errorf("%q %v", is["a"], err)
	}
}
