package crypto

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// EnvVectors names a folder with vectors of the user's, in the schemas of this suite's own or of Project Wycheproof's
// files about SM3 and SM4.
const EnvVectors = "XCMATRIX_VECTORS"

// form is what a file says of itself, and what decides how its vectors are put to a subject.
type form struct{ algorithm, schema string }

// manner is how the vectors of a form are put.
type manner struct {
	area, name string
	plain      bool // an example: its judge knows "valid" alone
	trials     func(subject.Subject) []trial
}

// manners are those of the suite's own files.
var manners = sync.OnceValue(func() map[form]manner {
	all := map[form]manner{}
	for _, k := range knownFiles {
		f := vectors.Own(k.file)
		judged := f.Schema == "aead_test_schema_v1.json" || f.Schema == "mac_test_schema_v1.json"
		all[form{f.Algorithm, f.Schema}] = manner{k.area, k.name, !judged, k.trials}
	}
	for _, h := range hostileFiles {
		f := vectors.Own(h.file)
		all[form{f.Algorithm, f.Schema}] = manner{h.area, h.operation, f.Schema == "sm2_exchange_test_schema.json",
			func(s subject.Subject) []trial {
				return []trial{{put: func(t vectors.Test) error { return h.put(s, t) }}}
			}}
	}
	return all
})

// givenFiles reads the user's files from the folder that the variable names; none if it names none.
func givenFiles(v check.Variables) (map[string][]byte, error) {
	dir := v.Get(EnvVectors)
	if dir == "" {
		return nil, nil
	}
	return vectors.Folder(dir, fit)
}

// maxMessage bounds a message with its repetitions, in bytes.
const maxMessage = 64 << 20

// fit refuses what no judge here could put to a subject.
func fit(f vectors.File) error {
	m, known := manners()[form{f.Algorithm, f.Schema}]
	if !known {
		return &vectors.Error{File: f.Name, Field: "algorithm", What: record.Sayf("no %.40q of the schema %s is known: %s",
			"未知的算法 %.40q（模式 %s）：可用 %s", f.Algorithm, f.Schema, algorithms(f.Schema))}
	}
	for _, t := range f.Tests {
		if m.plain && t.Result != vectors.Valid {
			return &vectors.Error{File: f.Name, Test: t.ID, Field: "result", What: record.Sayf("an example of %s can only be valid",
				"%s 的示例只能为 valid", f.Algorithm)}
		}
		if f.Schema == "digest_chain_test_schema.json" && len(t.Bytes("seed")) != 32 {
			return &vectors.Error{File: f.Name, Test: t.ID, Field: "seed", What: record.Say("a digest of SM3 has 32 bytes", "SM3 摘要为 32 字节")}
		}
		if len(t.Bytes("msg"))*max(t.Number("repeat"), 1) > maxMessage {
			return &vectors.Error{File: f.Name, Test: t.ID, Field: "repeat", What: record.Sayf("the message is longer than %d bytes",
				"消息超过 %d 字节", maxMessage)}
		}
	}
	return nil
}

// algorithms are those that a schema is read for.
func algorithms(schema string) string {
	var names []string
	for f := range manners() {
		if f.schema == schema {
			names = append(names, f.algorithm)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// givenVectors puts the user's files, each vector as a spec.
func givenVectors() {
	files := check.Files()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := vectors.Parse(name, files[name])
		if err == nil {
			err = fit(f)
		}
		if err != nil {
			ginkgo.It(name, func() { must(err) }) // the coordinator reads them before it asks
			continue
		}
		ginkgo.Describe(printable(name), func() {
			for _, s := range subject.All() {
				ginkgo.Describe(s.Name, func() { givenSpecs(f, s) })
			}
		})
	}
}

func givenSpecs(f vectors.File, s subject.Subject) {
	m := manners()[form{f.Algorithm, f.Schema}]
	for _, tr := range m.trials(s) {
		for _, t := range f.Tests {
			if tr.mode != t.Text("mode") {
				continue
			}
			text := fmt.Sprintf("test %d: %s", t.ID, printable(t.Comment))
			if tr.via != "" {
				text = tr.via + ": " + text
			}
			requirement(text, s, m.defect(f, tr, t), func() error { return given(tr, t) })
		}
	}
}

// given puts one vector. One that a standard leaves open is met by all but a crash.
func given(tr trial, t vectors.Test) error {
	err := judge.Attempt(func() error { return tr.put(t) })
	if t.Result == vectors.Acceptable && !errors.Is(err, judge.ErrPanic) && !errors.Is(err, judge.ErrHang) {
		return nil
	}
	return err
}

// defect that a user's vector shows: it goes by the file and the vector's first flag.
func (m manner) defect(f vectors.File, tr trial, t vectors.Test) defect {
	if isWycheproof(f.Name) {
		return wycheproofDefect(m.area, f.Name, tr)
	}
	d := defect{m.area, "given-" + labelled(strings.TrimSuffix(f.Name, ".json")), record.High, clause(f, t)}
	if tr.via != "" {
		d.name = way(tr.via) + "-" + d.name
	}
	if len(t.Flags) > 0 {
		d.name += "-" + labelled(kebab(t.Flags[0]))
		switch severity := record.Severity(f.Notes[t.Flags[0]].Severity); severity {
		case record.Critical, record.High, record.Medium, record.Low:
			d.severity = severity
		}
	}
	return d
}

// labelled is text of the user's as a part of a finding's id.
func labelled(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return fmt.Sprintf("%.60s", strings.Join(words, "-"))
}

// printable is text of the user's as a part of a spec's id.
func printable(text string) string {
	return fmt.Sprintf("%.100s", strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text))
}
