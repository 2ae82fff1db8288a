package vectors

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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

func TestErrorsOfVectorFiles(t *testing.T) {
	if _, err := Parse("x.json", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`digest_test_schema.json`, `ecdsa_verify_schema.json`, `x.json: field "schema": "ecdsa_verify_schema.json" is not one of the known schemas`},
		{`"digest":"0a0b"`, `"digest":"0a0"`, `x.json: test 7: field "digest": bad hex: odd length`},
		{`"digest":"0a0b"`, `"digest":"0a0g"`, `x.json: test 7: field "digest": bad hex: invalid byte`},
		{`"digest":"0a0b"`, `"digest":5`, `x.json: test 7: field "digest": not a string`},
		{`,"digest":"0a0b"`, ``, `x.json: test 7: field "digest": missing`},
		{`"digest":`, `"repeat":0,"digest":`, `x.json: test 7: field "repeat": 0 is not a number from 1`},
		{`"digest":`, `"digset":"","digest":`, `x.json: test 7: field "digset": not in the schema`},
		{`"result":"valid"`, `"result":"vaild"`, `x.json: test 7: field "result": "vaild" is not one of`},
		{`"result":"valid",`, ``, `x.json: test 7: field "result": missing`},
		{`"flags":["A"]`, `"flags":["B"]`, `x.json: test 7: field "flags": "B" has no note`},
		{`"flags":["A"]`, `"flags":"A"`, `x.json: test 7: field "flags": json:`},
		{`"bugType":"BASIC"`, `"bugType":"BASIC","severity":"High"`, `x.json: field "notes": "A": the severity "High" is not one of critical, high, medium, low`},
		{`"tcId":7,`, ``, `x.json: field "tcId": missing`},
		{`"numberOfTests":1`, `"numberOfTests":2`, `x.json: field "numberOfTests": says 2, but 1 are there`},
		{`"result":"valid"`, `"result":"invalid","result":"valid"`, `x.json: not a file of vectors: `},
		{`"schema":`, `"Schema":`, `x.json: not a file of vectors: `},
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

// A field with a fixed choice of values takes exactly those: no other spelling is guessed at. The file of the first row is
// the one under testdata.
func TestChoices(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "layout-lower.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse("v.json", raw); err == nil ||
		err.Error() != `v.json: test 1: field "layout": "c1c2c3" is not one of C1C3C2, C1C2C3, ASN.1` {
		t.Error(err)
	}
	layout := string(raw)
	mode := `{"algorithm":"SM4","schema":"mode_test_schema.json","numberOfTests":1,"testGroups":[{"tests":[{"tcId":1,"comment":"",
"flags":[],"result":"valid","key":"00","iv":"00","msg":"00","ct":"00","mode":"cbc"}]}]}`
	for _, c := range []struct{ text, old, field string }{{layout, `"c1c2c3"`, "layout"}, {mode, `"cbc"`, "mode"}} {
		for _, wrong := range []string{`""`, `"0"`, `"1"`, `1`, `null`, `" C1C3C2"`, `"C1C3C2 "`, `"C1‖C3‖C2"`, `"asn.1"`, `"ASN1"`, `"CBC "`, `"cbc"`, `"ＣＢＣ"`, `"GCM"`} {
			_, err := Parse("v.json", []byte(strings.Replace(c.text, c.old, wrong, 1)))
			if err == nil || !strings.HasPrefix(err.Error(), `v.json: test 1: field "`+c.field+`": `) {
				t.Errorf("%s %s: %v", c.field, wrong, err)
			}
		}
		for _, right := range choices[schemas[map[string]string{"layout": "sm2_decrypt_test_schema.json", "mode": "mode_test_schema.json"}[c.field]][c.field]] {
			if _, err := Parse("v.json", []byte(strings.Replace(c.text, c.old, `"`+right+`"`, 1))); err != nil {
				t.Errorf("%s %s: %v", c.field, right, err)
			}
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
		{"more.json", strings.Repeat(" ", maxFile+1), none, filepath.Join(dir, "more.json") + ": it is longer than 16 MiB"},
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
	pipe := filepath.Join(dir, "more.json")
	if err := errors.Join(os.Remove(pipe), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a folder": dir, "itself": pipe} {
		if _, err := Folder(path, none); err == nil || !strings.HasPrefix(err.Error(), pipe+": ") {
			t.Errorf("a named pipe as %s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"testGroups":[{"tests":[{}]}]}`))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = Parse("fuzz.json", raw) })
}
