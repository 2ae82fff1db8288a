package vectors

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestOwnFilesRead(t *testing.T) {
	for _, name := range Names() {
		f := Own(name)
		for flag, n := range f.Notes {
			if n.Description == "" || n.BugType == "" || n.Clause == "" || n.Severity == "" {
				t.Errorf("%s: the note of %s is not whole", name, flag)
			}
		}
	}
}

const good = `{"algorithm":"SM3","schema":"digest_test_schema.json","numberOfTests":1,"notes":{"A":{"bugType":"BASIC"}},
"testGroups":[{"tests":[{"tcId":7,"comment":"","flags":["A"],"result":"valid","msg":"00","digest":"0a0b"}]}]}`

func TestComplaints(t *testing.T) {
	if _, err := Parse("x.json", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`digest_test_schema.json`, `ecdsa_verify_schema.json`, `x.json: field "schema": "ecdsa_verify_schema.json" is none of the schemas`},
		{`"digest":"0a0b"`, `"digest":"0a0"`, `x.json: test 7: field "digest": bad hex: odd length`},
		{`"digest":"0a0b"`, `"digest":"0a0g"`, `x.json: test 7: field "digest": bad hex: invalid byte`},
		{`"digest":"0a0b"`, `"digest":5`, `x.json: test 7: field "digest": not a string`},
		{`,"digest":"0a0b"`, ``, `x.json: test 7: field "digest": missing`},
		{`"digest":`, `"repeat":0,"digest":`, `x.json: test 7: field "repeat": 0 is no count from 1`},
		{`"digest":`, `"digset":"","digest":`, `x.json: test 7: field "digset": not in the schema`},
		{`"result":"valid"`, `"result":"vaild"`, `x.json: test 7: field "result": "vaild" is none of`},
		{`"result":"valid",`, ``, `x.json: test 7: field "result": missing`},
		{`"flags":["A"]`, `"flags":["B"]`, `x.json: test 7: field "flags": "B" has no note`},
		{`"flags":["A"]`, `"flags":"A"`, `x.json: test 7: field "flags": json:`},
		{`"tcId":7,`, ``, `x.json: field "tcId": missing`},
		{`"numberOfTests":1`, `"numberOfTests":2`, `x.json: field "numberOfTests": says 2, but 1 are there`},
		{`"testGroups"`, `"testGroups`, `x.json: not a file of vectors:`},
		{"\n\"testGroups\":[", "\n\"testGroups\":[,", `(line 2)`},
	} {
		_, err := Parse("x.json", []byte(strings.Replace(good, c.old, c.new, 1)))
		var placed *Error
		if !errors.As(err, &placed) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s for %s: %v, want %s", c.new, c.old, err, c.want)
		}
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	none := func(File) error { return nil }
	for _, c := range []struct {
		name, text string
		check      func(File) error
		want       string
	}{
		{"README.md", "# mine", none, dir + ": no file in the folder of vectors ends in .json"},
		{"mine.json", good, none, ""},
		{"mine.json", good, func(f File) error { return &Error{f.Name, f.Tests[0].ID, "msg", record.Say("odd", "怪")} },
			filepath.Join(dir, "mine.json") + `: test 7: field "msg": odd`},
		{"more.json", strings.Replace(good, `"tcId":7`, `"tcId":"7"`, 1), none, filepath.Join(dir, "more.json") + `: field "tcId": json:`},
		{"more.json", strings.Repeat(" ", maxFile+1), none, filepath.Join(dir, "more.json") + ": the file is larger than"},
	} {
		if err := os.WriteFile(filepath.Join(dir, c.name), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		files, err := Folder(dir, c.check)
		var problem *record.Problem
		switch {
		case c.want == "" && (err != nil || string(files[c.name]) != c.text || len(files) != 1):
			t.Errorf("%s: %d files, %v", c.name, len(files), err)
		case c.want != "" && (!errors.As(err, &problem) || !strings.HasPrefix(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := Folder(filepath.Join(dir, "absent"), none); err == nil {
		t.Error("a folder that is not there was read")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"testGroups":[{"tests":[{}]}]}`))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = Parse("fuzz.json", raw) })
}
