package yamlfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func wrong(place, what string) *record.Problem { return record.Wrongf(place, "%s", "%s", what) }

func TestEncodings(t *testing.T) {
	gbk, err := os.ReadFile(filepath.Join("testdata", "gbk.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"GBK":             {string(gbk), "f.yaml:1: the line is not UTF-8; the file looks like GBK (GB 18030)"},
		"GBK further on":  {"name: a\n# \xca\xb5\xd1\xe9\xca\xd2\n", "f.yaml:2: the line is not UTF-8; the file looks like GBK (GB 18030)"},
		"GB 18030":        {"# \x81\x30\x81\x30\n", "f.yaml:1: the line is not UTF-8; the file looks like GBK (GB 18030)"},
		"neither":         {"name: a\n\n# \xe9t\xe9\n", "f.yaml:3: the line is not UTF-8: save"},
		"cut off":         {"name: \xe4\xb8", "f.yaml:1: the line is not UTF-8"},
		"UTF-16, little":  {"\xff\xfen\x00a\x00", "f.yaml:1: the file is UTF-16: save it as UTF-8"},
		"UTF-16, big":     {"\xfe\xff\x00n\x00a", "f.yaml:1: the file is UTF-16: save it as UTF-8"},
		"UTF-16, no mark": {"n\x00a\x00", "f.yaml:1: the control character U+0000 stands there"},
		"a program":       {"\x7fELF\x02\x01\x01\x00\x00", "f.yaml:1: the control character U+007F stands there"},
		"an escape":       {"name: a\nown: \x1b[31m\n", "f.yaml:2: the control character U+001B stands there"},
	} {
		_, err := Decode("f.yaml", []byte(c.text), &content{})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
			continue
		}
		inChinese(t, name, err)
	}
	for _, text := range []string{"name: a\r\nown: b\r\n", "name: 实验室\n", "name: a\u0085\n", "name: \"a\tb\"\n"} {
		if _, err := Decode("f.yaml", []byte(text), &content{}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("name：a\n- ［\t\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Decode("f.yaml", text, &content{})
		if err == nil {
			file.Place("list", 0, "n")
		} else if strings.ContainsRune(err.Error(), '\n') && !strings.Contains(string(text), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	})
}
