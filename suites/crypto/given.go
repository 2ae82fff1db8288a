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

// EnvVectors is the variable that names a folder with the user's vectors, in the schemas of this suite's own or of Project
// Wycheproof's files about SM3 and SM4.
const EnvVectors = "XCMATRIX_VECTORS"

// vectorForm is the algorithm and the schema that a file declares. They decide how its vectors are run.
type vectorForm struct{ algorithm, schema string }

// vectorKind says how the vectors of a form are run.
type vectorKind struct {
	area, name string
	plain      bool // an example of a standard: its judge accepts only valid vectors
	trials     func(subject.Subject) []vectorTest
}

// vectorKinds returns the kinds of the suite's own files, by their form.
var vectorKinds = sync.OnceValue(func() map[vectorForm]vectorKind {
	all := map[vectorForm]vectorKind{}
	for _, k := range knownFiles {
		f := vectors.Own(k.file)
		judged := f.Schema == "aead_test_schema_v1.json" || f.Schema == "mac_test_schema_v1.json"
		all[vectorForm{f.Algorithm, f.Schema}] = vectorKind{k.area, k.name, !judged, k.trials}
	}
	for _, h := range adversarialFiles {
		f := vectors.Own(h.file)
		all[vectorForm{f.Algorithm, f.Schema}] = vectorKind{h.area, h.operation, f.Schema == "sm2_exchange_test_schema.json",
			func(s subject.Subject) []vectorTest {
				return []vectorTest{{run: func(t vectors.Test) error { return h.put(s, t) }}}
			}}
	}
	return all
})

// givenFiles reads the user's files; nil if the environment names no folder.
func givenFiles(v check.Variables) (map[string][]byte, error) {
	dir := v.Get(EnvVectors)
	if dir == "" {
		return nil, nil
	}
	return vectors.Folder(dir, checkFile)
}

// maxMessage is the largest size of a message with its repetitions, in bytes.
const maxMessage = 64 << 20

// checkFile returns a *vectors.Error if no judge can run a vector of the file.
func checkFile(f vectors.File) error {
	m, known := vectorKinds()[vectorForm{f.Algorithm, f.Schema}]
	if !known {
		return &vectors.Error{File: f.Name, Field: "algorithm", What: record.Sayf("the algorithm %.40q is not known for the schema %s: use %s",
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

// algorithms returns the algorithms for which files of a schema are accepted.
func algorithms(schema string) string {
	var names []string
	for f := range vectorKinds() {
		if f.schema == schema {
			names = append(names, f.algorithm)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// givenVectors registers a spec for each vector of the user's files.
func givenVectors() {
	files := check.Files()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := vectors.Parse(name, files[name])
		if err == nil {
			err = checkFile(f)
		}
		if err != nil {
			ginkgo.It(name, func() { mustPrepare(err) }) // the coordinator has read them before
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
	m := vectorKinds()[vectorForm{f.Algorithm, f.Schema}]
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

// given runs one vector. A vector with the result acceptable is met unless the subject crashes.
func given(tr vectorTest, t vectors.Test) error {
	err := judge.Attempt(func() error { return tr.run(t) })
	if t.Result == vectors.Acceptable && !errors.Is(err, judge.ErrPanic) && !errors.Is(err, judge.ErrHang) {
		return nil
	}
	return err
}

// defect returns the defect of a subject that does not meet a vector, by the file and the vector's first flag.
func (m vectorKind) defect(f vectors.File, tr vectorTest, t vectors.Test) defect {
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

// labelled returns the part of a finding's id for a text of the user's.
func labelled(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return fmt.Sprintf("%.60s", strings.Join(words, "-"))
}

// printable returns the part of a spec's id for a text of the user's.
func printable(text string) string {
	return fmt.Sprintf("%.100s", strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, text))
}
