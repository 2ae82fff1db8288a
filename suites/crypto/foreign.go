package crypto

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// wycheproof lists the files of Project Wycheproof that are about SM3 and SM4. They are not part of this program.
var wycheproof = []struct {
	file, area string
	trials     func(subject.Subject) []vectorTest
}{
	{"hmac_sm3_test.json", "sm3", func(s subject.Subject) []vectorTest {
		return []vectorTest{{via: "hmac.New", run: func(t vectors.Test) error { return judge.MAC(s.Hash, t) }}}
	}},
	{"sm4_gcm_test.json", "sm4", aeadTrials("GCM")},
	{"sm4_ccm_test.json", "sm4", aeadTrials("CCM")},
}

// foreignVectors registers a spec for each file of Project Wycheproof that the user has not given.
func foreignVectors() {
	for _, w := range wycheproof {
		if _, given := check.Files()[w.file]; given {
			continue // one spec a vector
		}
		for _, s := range subject.All() {
			for _, tr := range w.trials(s) {
				d := wycheproofDefect(w.area, w.file, tr)
				ginkgo.It(w.file+": "+s.Name+" "+tr.via, check.Finding(d.id(s)), func() {
					f := foreignFile(w.file) // outside the judge's guard: an absent file is no panic of the subject's
					endSpec(s, d, judge.Recover(func() error { return all(f, tr) }))
				})
			}
		}
	}
}

func isWycheproof(file string) bool {
	for _, w := range wycheproof {
		if w.file == file {
			return true
		}
	}
	return false
}

func wycheproofDefect(area, file string, tr vectorTest) defect {
	name := "wycheproof"
	if by := way(tr.via); by != "" {
		name = by + "-" + name
	}
	return defect{area, name, record.High, "Project Wycheproof, " + file}
}

// foreignFile reads a file beside the repository. The spec ends as a miss if the file does not exist, or is no such file.
func foreignFile(name string) vectors.File {
	raw, err := regular.ReadNamed(filepath.Join("..", "shared", "vectors", "wycheproof", name), maxForeign)
	if errors.Is(err, fs.ErrNotExist) {
		check.Miss(record.Sayf("%s of Project Wycheproof is not there", "未找到 Project Wycheproof 的 %s", name), foreignRemedy)
	}
	f := vectors.File{}
	if err == nil {
		f, err = vectors.Parse(name, raw)
	}
	if err != nil {
		check.Miss(record.Sayf("%s of Project Wycheproof cannot be read: %v", "无法读取 Project Wycheproof 的 %s：%v", name, err), foreignRemedy)
	}
	return f
}

// maxForeign is the largest size of such a file in bytes.
const maxForeign = 16 << 20

var foreignRemedy = record.Sayf("copy it from testvectors_v1 of C2SP/wycheproof into a folder, and set %s to that; it is optional",
	"将它从 C2SP/wycheproof 的 testvectors_v1 复制到一个目录，并将 %s 设为该目录（可选）", EnvVectors)

// all runs every vector of a file. If some are not met, the error says how many, and why the first is not.
func all(f vectors.File, tr vectorTest) error {
	var first error
	failed := 0
	for _, t := range f.Tests {
		if unmetBy := judge.Attempt(func() error { return tr.run(t) }); unmetBy != nil && !isUnsupported(unmetBy) {
			failed++
			if first == nil {
				first = fmt.Errorf("test %d (%s): %w", t.ID, t.Comment, unmetBy)
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d vectors, the first: %w", failed, len(f.Tests), first)
	}
	return nil
}
