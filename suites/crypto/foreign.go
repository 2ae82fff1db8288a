package crypto

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// EnvVectors names a directory with Project Wycheproof's files, or with a user's own in the same schema.
const EnvVectors = "XCMATRIX_VECTORS"

// wycheproof lists the files of Project Wycheproof that are about SM3 and SM4. They are not part of this program.
var wycheproof = []struct {
	file, area string
	trials     func(subject.Subject) []trial
}{
	{"hmac_sm3_test.json", "sm3", func(s subject.Subject) []trial {
		return []trial{{via: "hmac.New", put: func(t vectors.Test) error { return judge.MAC(s.Hash, t) }}}
	}},
	{"sm4_gcm_test.json", "sm4", aeadTrials("GCM")},
	{"sm4_ccm_test.json", "sm4", aeadTrials("CCM")},
}

// foreignVectors puts the files of others, where they are there.
func foreignVectors() {
	for _, w := range wycheproof {
		for _, s := range subject.All() {
			for _, tr := range w.trials(s) {
				d := defect{w.area, way(tr.via) + "-wycheproof", record.High, "Project Wycheproof, " + w.file}
				ginkgo.It(w.file+": "+s.Name+" "+tr.via, check.Finding(d.id(s)), func() {
					f := foreignFile(w.file) // outside the judge's guard: an absent file is no panic of the subject's
					settle(s, d, judge.Recover(func() error { return all(f, tr) }))
				})
			}
		}
	}
}

// foreignFile reads a file from the directory that the user names, or that lies beside the repository.
func foreignFile(name string) vectors.File {
	for _, dir := range []string{os.Getenv(EnvVectors), filepath.Join("..", "shared", "vectors", "wycheproof")} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); dir == "" || err != nil {
			continue
		}
		f, err := vectors.Load(path)
		if err != nil {
			check.Broken(record.Sayf("%v", "%v", err))
		}
		return f
	}
	check.Miss(record.Sayf("%s of Project Wycheproof is not there", "未找到 Project Wycheproof 的 %s", name),
		record.Say("set "+EnvVectors+" to the directory testvectors_v1 of a checkout of C2SP/wycheproof",
			"将 "+EnvVectors+" 设为 C2SP/wycheproof 检出目录中的 testvectors_v1"))
	return vectors.File{}
}

// all puts every vector of a file, and counts.
func all(f vectors.File, tr trial) error {
	var first error
	failed := 0
	for _, t := range f.Tests {
		if unmetBy := judge.Attempt(func() error { return tr.put(t) }); unmetBy != nil && !isUnsupported(unmetBy) {
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
