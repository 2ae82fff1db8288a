package crypto

import (
	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// trial puts a vector to a subject in one way; nil for a way that the subject does not have.
type trial struct {
	via  string // "" where there is only one way
	mode string // the mode whose vectors it takes; "" for all
	put  func(vectors.Test) error
}

// known is one file of known answers: the area of its findings, and how a subject is put to it.
type known struct {
	file, area, name string
	trials           func(subject.Subject) []trial
}

// knownFiles lists the files of known answers.
var knownFiles = []known{
	{"sm3_known", "sm3", "known-answer", func(s subject.Subject) []trial {
		return []trial{{put: func(t vectors.Test) error { return judge.Digest(s.Hash, t) }}}
	}},
	{"sm3_chain", "sm3", "chain", func(s subject.Subject) []trial {
		return []trial{{put: func(t vectors.Test) error { return judge.Chain(s.Hash, t) }}}
	}},
	{"hmac_sm3_known", "sm3", "hmac-known-answer", func(s subject.Subject) []trial {
		return []trial{{put: func(t vectors.Test) error { return judge.MAC(s.Hash, t) }}}
	}},
	{"sm4_known", "sm4", "known-answer", func(s subject.Subject) []trial {
		return []trial{{put: func(t vectors.Test) error { return judge.Block(s.Block, t) }}}
	}},
	{"sm4_modes_known", "sm4", "known-answer", modeTrials},
	{"sm4_gcm_known", "sm4", "known-answer", aeadTrials("GCM")},
	{"sm4_ccm_known", "sm4", "known-answer", aeadTrials("CCM")},
	{"sm2_sign_known", "sm2", "sign-known-answer", func(s subject.Subject) []trial {
		return []trial{{put: func(t vectors.Test) error { return judge.Sign(s.Signature, t) }}}
	}},
	{"sm2_encrypt_known", "sm2", "encrypt-known-answer", func(s subject.Subject) []trial {
		return []trial{{put: func(t vectors.Test) error { return judge.Encrypt(s.Encryption, t) }}}
	}},
	{"sm2_exchange_known", "sm2", "exchange-known-answer", func(s subject.Subject) []trial {
		return []trial{
			{via: "key", put: func(t vectors.Test) error { return judge.ExchangeKey(s.Exchange, t) }},
			{via: "confirmation", put: func(t vectors.Test) error { return judge.ExchangeConfirmation(s.Exchange, t) }},
		}
	}},
}

// modeTrials has one trial for each of the subject's ways, which does only the vectors of its mode.
func modeTrials(s subject.Subject) []trial {
	var all []trial
	for _, m := range s.Modes {
		all = append(all, trial{m.Via, m.Name, func(t vectors.Test) error { return judge.Mode(m, t) }})
	}
	return all
}

func aeadTrials(name string) func(subject.Subject) []trial {
	return func(s subject.Subject) []trial {
		var all []trial
		for _, a := range s.AEADs {
			if a.Name == name {
				all = append(all, trial{via: a.Via, put: func(t vectors.Test) error { return judge.AEAD(a, t) }})
			}
		}
		if len(all) == 0 {
			return []trial{{put: func(vectors.Test) error { return &judge.Unsupported{What: "SM4-" + name} }}}
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
				marks = decided(s)
			}
			requirement(knownText(tr, t), s, defect{k.area, k.defectName(tr), record.Critical, clause(f, t)}, func() error { return tr.put(t) }, marks)
		}
	}
}

// long reports whether a vector repeats the work of short ones, up to a million times.
func long(t vectors.Test) bool { return t.Number("rounds") > 1 || t.Number("repeat") > 1000 }

// knownText is a spec's text.
func knownText(tr trial, t vectors.Test) string {
	if tr.via == "" {
		return t.Comment
	}
	return tr.via + ": " + t.Comment
}

// defectName tells the ways apart that a subject has for the same thing: one may be right and another wrong.
func (k known) defectName(tr trial) string {
	if tr.via == "" {
		return k.name
	}
	return way(tr.via) + "-" + k.name
}

// clause is the standard's clause that a vector shows.
func clause(f vectors.File, t vectors.Test) string {
	if len(t.Flags) == 0 {
		return ""
	}
	return f.Notes[t.Flags[0]].Clause
}
