package vectors

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		{`"digest":`, `"repeat":0,"digest":`, `x.json: test 7: field "repeat": 0 is no count`},
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

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.json")
	if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Load(path)
	if err != nil || f.Name != "mine.json" || f.Tests[0].Bytes("digest")[1] != 0x0b {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := Load(path + "x"); err == nil {
		t.Error("a file that is not there was read")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"testGroups":[{"tests":[{}]}]}`))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = Parse("fuzz.json", raw) })
}
