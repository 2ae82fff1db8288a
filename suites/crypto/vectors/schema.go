package vectors

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// kind of a test's field.
type kind int

const (
	hexField kind = iota
	optionalHex
	textField
	layoutField
	modeField
	optionalNumber
)

// choices are the allowed values of fields, with the names of the standards as they are spelled here.
var choices = map[kind][]string{
	layoutField: {"C1C3C2", "C1C2C3", "ASN.1"},
	modeField:   {"ECB", "CBC", "CFB", "OFB", "CTR"},
}

// severities of a note; "" if the file does not say it.
var severities = []string{"", string(record.Critical), string(record.High), string(record.Medium), string(record.Low)}

// schemas are the fields of the tests of each schema that this package reads. Schemas with a name of Wycheproof's are
// Wycheproof's; the others are similar.
var schemas = map[string]map[string]kind{
	"aead_test_schema_v1.json":       {"key": hexField, "iv": hexField, "aad": hexField, "msg": hexField, "ct": hexField, "tag": hexField},
	"mac_test_schema_v1.json":        {"key": hexField, "msg": hexField, "tag": hexField},
	"digest_test_schema.json":        {"msg": hexField, "repeat": optionalNumber, "digest": hexField},
	"digest_chain_test_schema.json":  {"seed": hexField, "rounds": optionalNumber, "digest": hexField},
	"sm2_enveloped_test_schema.json": {"d": hexField, "key": hexField, "der": hexField},
	"block_test_schema.json":         {"key": hexField, "msg": hexField, "ct": hexField, "rounds": optionalNumber},
	"mode_test_schema.json":          {"mode": modeField, "key": hexField, "iv": hexField, "msg": hexField, "ct": hexField},
	"sm2_sign_test_schema.json":      {"d": hexField, "public": hexField, "id": optionalHex, "msg": hexField, "nonce": hexField, "sig": hexField},
	"sm2_verify_test_schema.json":    {"public": hexField, "id": optionalHex, "msg": optionalHex, "digest": optionalHex, "sig": hexField},
	"sm2_encrypt_test_schema.json":   {"d": hexField, "public": hexField, "layout": layoutField, "nonce": hexField, "msg": hexField, "ct": hexField},
	"sm2_decrypt_test_schema.json":   {"d": hexField, "layout": layoutField, "msg": hexField, "ct": hexField},
	"sm2_exchange_test_schema.json":  {"dA": hexField, "dB": hexField, "rA": hexField, "rB": hexField, "idA": hexField, "idB": hexField, "key": hexField, "s1": optionalHex, "s2": optionalHex},
	"sm2_point_test_schema.json":     {"public": hexField},
	"encoding_test_schema.json":      {"structure": textField, "der": hexField, "value": optionalHex},
}

// outline is a file whose tests are not parsed yet.
type outline struct {
	Algorithm string          `json:"algorithm"`
	Schema    string          `json:"schema"`
	Count     int             `json:"numberOfTests"`
	Header    []string        `json:"header"`
	Notes     map[string]Note `json:"notes"`
	Groups    []struct {
		Tests []map[string]json.RawMessage `json:"tests"`
	} `json:"testGroups"`
}

// Parse parses the text of a file. The error is an *Error.
func Parse(name string, raw []byte) (File, error) {
	fault := func(field string, what record.Sentence) error { return &Error{File: name, Field: field, What: what} }
	var o outline
	if err := json.Unmarshal(raw, &o); err != nil {
		return File{}, fault("", record.Sayf("not a file of vectors: %v%s", "不是测试向量文件：%v%s", err, at(raw, err)))
	}
	if err := record.Strict(raw, o); err != nil {
		return File{}, fault("", record.Sayf("not a file of vectors: %v", "不是测试向量文件：%v", err))
	}
	fields, known := schemas[o.Schema]
	if !known {
		return File{}, fault("schema", record.Sayf("%.60q is not one of the known schemas", "%.60q 不是可读取的模式之一", o.Schema))
	}
	for _, flag := range slices.Sorted(maps.Keys(o.Notes)) {
		if given := o.Notes[flag].Severity; !slices.Contains(severities, given) {
			return File{}, fault("notes", record.Sayf("%.60q: the severity %.20q is not one of %s", "%.60q：严重程度 %.20q 不是 %s 之一",
				flag, given, strings.Join(severities[1:], ", ")))
		}
	}
	f := File{Name: name, Algorithm: o.Algorithm, Schema: o.Schema, Header: o.Header, Notes: o.Notes}
	seen := map[int]bool{}
	for _, g := range o.Groups {
		for _, raw := range g.Tests {
			t, err := parseTest(name, fields, raw)
			if err != nil {
				return File{}, err
			}
			if seen[t.ID] {
				return File{}, &Error{File: name, Test: t.ID, Field: "tcId", What: record.Say("appears twice", "重复出现")}
			}
			seen[t.ID] = true
			for _, flag := range t.Flags {
				if _, ok := f.Notes[flag]; !ok {
					return File{}, &Error{File: name, Test: t.ID, Field: "flags", What: record.Sayf("%.60q has no note", "%.60q 没有对应的说明（notes）", flag)}
				}
			}
			f.Tests = append(f.Tests, t)
		}
	}
	if len(f.Tests) == 0 || len(f.Tests) != o.Count {
		return File{}, fault("numberOfTests", record.Sayf("says %d, but %d are there", "声明 %d 个，实际有 %d 个", o.Count, len(f.Tests)))
	}
	return f, nil
}
