// Package crypto is the item crypto: it checks SM2, SM3 and SM4 of every library under test by the standards.
package crypto

import (
	"errors"
	"math/rand/v2"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// Suite is the item crypto.
var Suite = check.Suite{Item: "crypto", Specs: specs, Serial: true, Files: givenFiles}

func specs() {
	check.Section("known answers", knownAnswers)
	check.Section("adversarial", adversarial)
	check.Section("requirements", requirements)
	check.Section("contracts", contracts)
	check.Section("differential", differential)
	check.Section("interoperation", interoperation)
	check.Section("oracles", oracles, check.Optional())
	check.Section("foreign vectors", foreignVectors, check.Optional())
	check.Section("given vectors", givenVectors, check.Optional())
	check.Section("code paths", paths)
	check.UnplannedSection(shortAnswers, shortAnswerSpecs)
	check.Section("timing", timing)
	check.Section("speed", speed)
}

// defect is a requirement that a subject does not meet. The finding's id does not depend on the subject's version, or on the
// vector that shows the defect.
type defect struct {
	area     string // "sm2"
	name     string // "decrypt-off-curve"
	severity record.Severity
	clause   string
}

// id returns the id of the finding: "crypto/tjfoc/sm2/decrypt-off-curve".
func (d defect) id(s subject.Subject) string { return "crypto/" + s.Name + "/" + d.area + "/" + d.name }

// requirement registers a spec that passes if met returns nil.
func requirement(text string, s subject.Subject, d defect, met func() error, more ...any) {
	ginkgo.It(text, append([]any{check.Finding(d.id(s)), func() {
		ginkgo.GinkgoHelper()
		endSpec(s, d, judge.Recover(met))
	}}, more...)...)
}

// endSpec ends the spec by the error of a judge: nil passes, *judge.Unsupported skips, *judge.Fault is an error of the
// suite, and any other error fails with the finding of the defect. It must be the last call of a spec.
func endSpec(s subject.Subject, d defect, err error) {
	ginkgo.GinkgoHelper()
	if fault, own := errors.AsType[*judge.Fault](err); own {
		mustPrepare(fault)
	}
	switch {
	case err == nil:
	case isUnsupported(err):
		reason := record.Sayf("%[1]s: %[2]s", "%[1]s：%[2]s", s.Name, err)
		check.Finish(record.SpecEnd{Verdict: record.Skip, Detail: &reason})
	default:
		check.Report(record.Finding{ID: d.id(s), Subject: s.Module, Version: s.Version, Severity: d.severity,
			Clause: d.clause, Evidence: err.Error()})
		check.Finish(record.SpecEnd{Verdict: record.Fail, Detail: &record.Sentence{En: err.Error()}})
	}
}

// isUnsupported reports whether err is a *judge.Unsupported.
func isUnsupported(err error) bool {
	var unsupported *judge.Unsupported
	return errors.As(err, &unsupported)
}

// mustPrepare ends the spec as an error if the suite's own preparation failed with err.
func mustPrepare(err error) {
	ginkgo.GinkgoHelper()
	if err != nil {
		check.Error(record.Sayf("the suite's own preparation failed: %v", "本套件自身的准备工作失败：%v", err))
	}
}

// mustPrepareInJudge is mustPrepare for code that a judge calls: it panics with a *judge.Fault.
func mustPrepareInJudge(err error) {
	if err != nil {
		panic(&judge.Fault{Err: err})
	}
}

// fill fills b with random bytes.
func fill(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}
