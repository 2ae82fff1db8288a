package vectors

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

var missing = record.Say("missing", "缺少")

// parseTest parses one test with the fields of its schema. If several fields are wrong, the error is about the first by name.
func parseTest(file string, fields map[string]kind, raw map[string]json.RawMessage) (Test, error) {
	t := Test{bytes: map[string][]byte{}, text: map[string]string{}, number: map[string]int{}}
	fault := func(field string, what record.Sentence) (Test, error) {
		return Test{}, &Error{File: file, Test: t.ID, Field: field, What: what}
	}
	meta := map[string]any{"tcId": &t.ID, "comment": &t.Comment, "flags": &t.Flags, "result": &t.Result}
	for _, name := range []string{"tcId", "comment", "flags", "result"} {
		value, ok := raw[name]
		if !ok {
			return fault(name, missing)
		}
		if err := json.Unmarshal(value, meta[name]); err != nil {
			return fault(name, record.Sayf("%v", "无法读取：%v", err))
		}
	}
	if !slices.Contains([]Result{Valid, Invalid, Acceptable}, t.Result) {
		return fault("result", record.Sayf("%.20q is not one of valid, invalid, acceptable", "%.20q 不是 valid、invalid、acceptable 之一", t.Result))
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if _, ok := fields[name]; !ok && meta[name] == nil {
			return fault(name, record.Say("not in the schema", "不在该模式中"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		kind := fields[name]
		value, ok := raw[name]
		if !ok && (kind == optionalHex || kind == optionalNumber) {
			continue
		}
		if !ok {
			return fault(name, missing)
		}
		if what, ok := t.read(name, kind, value); !ok {
			return fault(name, what)
		}
	}
	return t, nil
}

// read stores a field's value, or returns what is wrong with it.
func (t *Test) read(name string, kind kind, value json.RawMessage) (wrong record.Sentence, ok bool) {
	if kind == optionalNumber {
		var n int
		if err := json.Unmarshal(value, &n); err != nil || n < 1 || n > maxRepeat {
			return record.Sayf("%.20s is not a number from 1 to %d", "%.20s 不是 1 到 %d 之间的次数", value, maxRepeat), false
		}
		t.number[name] = n
		return wrong, true
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return record.Say("not a string", "不是字符串"), false
	}
	if known, chosen := choices[kind]; chosen && !slices.Contains(known, text) {
		return record.Sayf("%.20q is not one of %s", "%.20q 不是 %s 之一", text, strings.Join(known, ", ")), false
	}
	if kind == textField || choices[kind] != nil {
		t.text[name] = text
		return wrong, true
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return record.Sayf("bad hex: %s", "十六进制有误：%s", strings.TrimPrefix(err.Error(), "encoding/hex: ")), false
	}
	t.bytes[name] = b
	return wrong, true
}

// maxRepeat is how often a message or a round may be repeated: the standards' examples repeat a million times.
const maxRepeat = 10_000_000
