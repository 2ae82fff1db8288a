package crypto

import (
	"strings"
	"unicode"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// adversarialFile is one file of adversarial vectors, and how a subject is tested with one of them.
type adversarialFile struct {
	file, area, operation string
	put                   func(subject.Subject, vectors.Test) error
}

var adversarialFiles = []adversarialFile{
	{"sm2_verify", "sm2", "verify", func(s subject.Subject, t vectors.Test) error { return judge.Verify(s.Signature, t) }},
	{"sm2_exchange", "sm2", "exchange", func(s subject.Subject, t vectors.Test) error { return judge.ExchangeKey(s.Exchange, t) }},
	{"sm2_enveloped", "sm2", "envelope", func(s subject.Subject, t vectors.Test) error { return judge.Envelope(s.Envelope, t) }},
	{"sm2_decrypt", "sm2", "decrypt", func(s subject.Subject, t vectors.Test) error { return judge.Decrypt(s.Encryption, t) }},
}

// withheld are the flags of the vectors that a subject decrypts before it must refuse them.
var withheld = map[string]bool{"WrongC3": true, "WrongC2": true}

// adversarial registers a spec for each adversarial vector and subject.
func adversarial() {
	for _, h := range adversarialFiles {
		f := vectors.Own(h.file)
		ginkgo.Describe(f.Algorithm, func() {
			for _, s := range subject.All() {
				check.LabelledSection(s.Name, logicWithoutAssembly(s), func() {
					for _, t := range f.Tests {
						requirement(t.Flags[0]+": "+t.Comment, s, flagDefect(h, f, t), func() error { return h.put(s, t) })
						if withheld[t.Flags[0]] {
							requirement("Withheld: "+t.Comment, s, plaintextBesideError, func() error { return judge.Withhold(s.Encryption, t) })
						}
					}
				})
			}
		})
	}
}

// logicWithoutAssembly returns the label Logic for a subject without assembly: its integers are the same on every processor.
func logicWithoutAssembly(s subject.Subject) ginkgo.Labels {
	if s.Assembly {
		return nil
	}
	return check.Logic()
}

var plaintextBesideError = defect{"sm2", "decrypt-plaintext-beside-error", record.Critical, "GB/T 32918.4-2016 §7.1 B6"}

// flagDefect returns the defect of a subject that does not meet a vector, by the vector's first flag.
func flagDefect(h adversarialFile, f vectors.File, t vectors.Test) defect {
	n := f.Notes[t.Flags[0]]
	return defect{h.area, h.operation + "-" + kebab(t.Flags[0]), record.Severity(n.Severity), n.Clause}
}

// kebab returns the part of a finding's id for a flag: "off-curve" for "OffCurve", "asn1-ber" for "ASN1BER".
func kebab(flag string) string {
	var b strings.Builder
	runes := []rune(flag)
	for i, r := range runes {
		word := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if word {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
