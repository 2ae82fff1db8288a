package crypto

import (
	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// vectorTest is one way to run a vector with a subject.
type vectorTest struct {
	via  string // "" where there is only one way
	mode string // the mode whose vectors it takes; "" for all
	run  func(vectors.Test) error
}

// known is one file of known answers: the area of its findings, and the ways to run its vectors with a subject.
type known struct {
	file, area, name string
	trials           func(subject.Subject) []vectorTest
}

// knownFiles lists the files of known answers.
var knownFiles = []known{
	{"sm3_known", "sm3", "known-answer", func(s subject.Subject) []vectorTest {
		return []vectorTest{{run: func(t vectors.Test) error { return judge.Digest(s.Hash, t) }}}
	}},
	{"sm3_chain", "sm3", "chain", func(s subject.Subject) []vectorTest {
		return []vectorTest{{run: func(t vectors.Test) error { return judge.Chain(s.Hash, t) }}}
	}},
	{"hmac_sm3_known", "sm3", "hmac-known-answer", func(s subject.Subject) []vectorTest {
		return []vectorTest{{run: func(t vectors.Test) error { return judge.MAC(s.Hash, t) }}}
	}},
	{"sm4_known", "sm4", "known-answer", func(s subject.Subject) []vectorTest {
		return []vectorTest{{run: func(t vectors.Test) error { return judge.Block(s.Block, t) }}}
	}},
	{"sm4_modes_known", "sm4", "known-answer", modeTrials},
	{"sm4_gcm_known", "sm4", "known-answer", aeadTrials("GCM")},
	{"sm4_ccm_known", "sm4", "known-answer", aeadTrials("CCM")},
	{"sm2_sign_known", "sm2", "sign-known-answer", func(s subject.Subject) []vectorTest {
		return []vectorTest{{run: func(t vectors.Test) error { return judge.Sign(s.Signature, t) }}}
	}},
	{"sm2_encrypt_known", "sm2", "encrypt-known-answer", func(s subject.Subject) []vectorTest {
		return []vectorTest{{run: func(t vectors.Test) error { return judge.Encrypt(s.Encryption, t) }}}
	}},
	{"sm2_exchange_known", "sm2", "exchange-known-answer", func(s subject.Subject) []vectorTest {
		return []vectorTest{
			{via: "key", run: func(t vectors.Test) error { return judge.ExchangeKey(s.Exchange, t) }},
			{via: "confirmation", run: func(t vectors.Test) error { return judge.ExchangeConfirmation(s.Exchange, t) }},
		}
	}},
}

// modeTrials returns one test for each of the subject's functions for a mode. It runs only the vectors of this mode.
func modeTrials(s subject.Subject) []vectorTest {
	var all []vectorTest
	for _, m := range s.Modes {
		all = append(all, vectorTest{m.Via, m.Name, func(t vectors.Test) error { return judge.Mode(m, t) }})
	}
	return all
}

// aeadTrials returns the tests of a subject's functions for an authenticated mode.
func aeadTrials(name string) func(subject.Subject) []vectorTest {
	return func(s subject.Subject) []vectorTest {
		var all []vectorTest
		for _, a := range s.AEADs {
			if a.Name == name {
				all = append(all, vectorTest{via: a.Via, run: func(t vectors.Test) error { return judge.AEAD(a, t) }})
			}
		}
		if len(all) == 0 {
			return []vectorTest{{run: func(vectors.Test) error { return &judge.Unsupported{What: "SM4-" + name} }}}
		}
		return all
	}
}

func knownAnswers() {
	for _, k := range knownFiles {
		f := vectors.Own(k.file)
		ginkgo.Describe(f.Algorithm, func() {
			for _, s := range subject.All() {
				ginkgo.Describe(s.Name, func() { knownSpecs(k, f, s) })
			}
		})
	}
}

func knownSpecs(k known, f vectors.File, s subject.Subject) {
	for _, tr := range k.trials(s) {
		for _, t := range f.Tests {
			if tr.mode != t.Text("mode") {
				continue
			}
			var marks ginkgo.Labels
			if long(t) {
				marks = logicWithoutAssembly(s)
			}
			requirement(knownText(tr, t), s, defect{k.area, k.defectName(tr), record.Critical, clause(f, t)}, func() error { return tr.run(t) }, marks)
		}
	}
}

// long reports whether a vector repeats the work of short ones, up to a million times.
func long(t vectors.Test) bool { return t.Number("rounds") > 1 || t.Number("repeat") > 1000 }

// knownText returns the text of a spec.
func knownText(tr vectorTest, t vectors.Test) string {
	if tr.via == "" {
		return t.Comment
	}
	return tr.via + ": " + t.Comment
}

// defectName returns the name of the defect. Each of a subject's functions for the same operation has its own: one may be right and
// another wrong.
func (k known) defectName(tr vectorTest) string {
	if tr.via == "" {
		return k.name
	}
	return way(tr.via) + "-" + k.name
}

// clause returns the clause of the standard that a vector is about.
func clause(f vectors.File, t vectors.Test) string {
	if len(t.Flags) == 0 {
		return ""
	}
	return f.Notes[t.Flags[0]].Clause
}
