package record_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// TestOneReading: each of these lines is read without complaint by encoding/json, and as something else by other
// readers of JSON.
func TestOneReading(t *testing.T) {
	end := func(body string) string {
		return `{"v":1,"event":"spec-end","spec":"s","end":` + body + `}`
	}
	for name, c := range map[string]struct{ line, words string }{
		"key twice":             {end(`{"verdict":"fail","verdict":"pass","seconds":1}`), `"verdict" stands twice`},
		"body twice":            {`{"v":1,"event":"spec-end","spec":"s","end":{"verdict":"fail"},"end":{"verdict":"pass"}}`, `"end" stands twice`},
		"twice, escaped":        {end(`{"verdict":"fail","\u0076erdict":"pass"}`), `stands twice`},
		"unknown key twice":     {end(`{"verdict":"pass","colour":1,"colour":2}`), `"colour" stands twice`},
		"in an observation":     {`{"v":1,"event":"observation","observation":{"name":"n","value":{"a":1,"a":2}}}`, `"a" stands twice`},
		"other case":            {end(`{"Verdict":"pass","verdict":"fail"}`), `"Verdict" is "verdict" in other letters`},
		"other case alone":      {end(`{"VERDICT":"pass"}`), "in other letters"},
		"long s":                {end("{\"verdict\":\"pass\",\"\u017feconds\":1}"), "in other letters"},
		"in an array":           {`{"v":1,"event":"plan","plan":{"item":"abi","specs":[{"id":"a","ID":"b","deadline_s":1}]}}`, `"ID" is "id"`},
		"in a pointer's struct": {end(`{"verdict":"pass","detail":{"en":"a","EN":"b"}}`), `"EN" is "en"`},
		"not UTF-8":             {end("{\"verdict\":\"pass\",\"stack\":\"\xff\"}"), "not UTF-8"},
		"half a pair":           {end(`{"verdict":"pass","stack":"\ud83d"}`), "half a surrogate pair"},
		"the other half":        {end(`{"verdict":"pass","stack":"\ufffd\ude00"}`), "half a surrogate pair"},
		"a pair the wrong way":  {end(`{"verdict":"pass","stack":"\ude00\ud83d"}`), "half a surrogate pair"},
		"many keys":             {`{"v":1,"event":"observation","observation":{"name":"n","value":{` + numbered(40) + `,"k35":1}}}`, `"k35" stands twice`},
	} {
		var e record.Event
		if err := json.Unmarshal([]byte(c.line), &e); err != nil {
			t.Errorf("%s: not the case that is meant: %v", name, err)
		}
		if _, err := record.Parse([]byte(c.line)); err == nil || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", name, err, c.words)
		}
	}
	if _, err := record.Parse([]byte("\ufeff" + end(`{"verdict":"pass"}`))); err == nil {
		t.Error("a byte order mark was read")
	}
}

func TestUnknownKeysStay(t *testing.T) {
	for _, line := range []string{
		`{"v":1,"event":"spec-end","spec":"s","end":{"verdict":"pass","colour":{"verdict":1,"Verdict":2}}, "shape" : [ {"a":1} , {"a":2} ] }`,
		`{"v":1,"event":"spec-end","spec":"s","end":{"verdict":"pass","stack":"\ud83d\ude00 \ufffd \\ud83d é"}}`,
		`{"v":1,"event":"observation","observation":{"name":"n","value":{` + numbered(100) + `}}}`,
		`{"v":1,"event":"observation","observation":{"name":"n","value":[{},[],"",null,true,-1.5e3,{"a":{}}]}}`,
	} {
		if _, err := record.Parse([]byte(line)); err != nil {
			t.Errorf("%v: %.80s", err, line)
		}
	}
}

func numbered(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"k%d":{"x":%d}`, i, i))
	}
	return strings.Join(all, ",")
}

// FuzzStrict: what encoding/json takes is walked through to its end.
func FuzzStrict(f *testing.F) {
	for _, seed := range []string{`{"v":1}`, `[{"a":"\u0041"},{}]`, ` "\\\"" `, `{"a":[1,2,{"b":null}]}`, `1`, `{"a" : {"b":1 } , "c":[ ]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		err := record.Strict(text, record.Event{})
		if err != nil && (strings.Contains(err.Error(), "does not end") || strings.Contains(err.Error(), "has no value") ||
			strings.Contains(err.Error(), "is missing") || strings.Contains(err.Error(), "too early")) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	line := []byte(`{"v":1,"event":"spec-end","time":"2026-11-21T08:00:00Z","spec":"group 1 / spec 12","end":{"verdict":"fail","seconds":0.01,"detail":{"en":"planted","zh":"预设"}}}`)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := record.Parse(line); err != nil {
			b.Fatal(err)
		}
	}
}
