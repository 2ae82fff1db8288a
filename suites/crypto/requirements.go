package crypto

import (
	"errors"
	"strings"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/contract"
	"github.com/xcmatrix/xcmatrix/suites/crypto/judge"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// requirementList is the list of requirements on one operation; has reports whether a subject has it.
type requirementList struct {
	title, area string
	list        []judge.Requirement
	has         func(subject.Subject) bool
}

var requirementLists = []requirementList{
	{"signing", "sm2", judge.SignRequirements, func(s subject.Subject) bool { return s.Signature != nil }},
	{"encryption", "sm2", judge.EncryptRequirements, func(s subject.Subject) bool { return s.Encryption != nil }},
	{"key exchange", "sm2", judge.ExchangeRequirements, func(s subject.Subject) bool { return s.Exchange != nil }},
	{"curve", "sm2", judge.CurveRequirements, func(s subject.Subject) bool { return s.Curve != nil }},
	{"points", "sm2", judge.PointRequirements, func(s subject.Subject) bool { return s.Points != nil }},
	{"encodings", "x509", judge.EncodingRequirements, func(s subject.Subject) bool { return s.Encoding != nil }},
	{"sealed keys", "x509", judge.SealedRequirements, func(s subject.Subject) bool { return s.Sealed != nil }},
	{"enveloped keys", "sm2", judge.EnvelopeRequirements, func(s subject.Subject) bool { return s.Envelope != nil }},
	{"messages", "x509", judge.PKCS7Requirements, func(s subject.Subject) bool { return s.ParsePKCS7 != nil }},
	{"keys as text", "x509", judge.TextRequirements, func(s subject.Subject) bool { return s.Text != nil }},
	{"GCM by itself", "sm4", judge.CounterRequirements, func(s subject.Subject) bool { return s.Counter != nil }},
}

// requirements registers the requirements of the standards that are not vectors.
func requirements() {
	for _, l := range requirementLists {
		for _, s := range subject.All() {
			check.LabelledSection(l.title+" / "+s.Name, logicWithoutAssembly(s), func() {
				for _, q := range l.list {
					requirement(q.Text, s, defect{l.area, q.Name, q.Severity, q.Standard}, func() error {
						if !l.has(s) {
							return &judge.Unsupported{What: l.title}
						}
						return q.Check(s, check.Rand())
					})
				}
			})
		}
	}
	for _, s := range subject.All() {
		for _, m := range s.Modes {
			if m.Padded {
				check.LabelledSection(m.Via+" / "+s.Name, logicWithoutAssembly(s), func() { helperSpecs(s, m) })
			}
		}
	}
}

func helperSpecs(s subject.Subject, m subject.Mode) {
	list := judge.HelperRequirements
	if m.Name != "ECB" {
		list = append(list[:len(list):len(list)], judge.IVRequirements...)
	}
	for _, q := range list {
		requirement(q.Text, s, defect{"sm4", way(m.Via) + "-" + q.Name, q.Severity, q.Standard},
			func() error { return q.Check(m, check.Rand()) })
	}
}

// way returns the part of a finding's id for a function: "sm4cbc" for "sm4.Sm4Cbc", "cbc" for "cipher.NewCBC".
func way(via string) string {
	name := via[strings.LastIndex(via, ".")+1:]
	return strings.ToLower(strings.TrimPrefix(name, "New"))
}

// promise registers the documented properties of an interface.
func promise[T any](title string, s subject.Subject, area, prefix string, list []contract.Clause[T], target T) {
	check.LabelledSection(title+" / "+s.Name, logicWithoutAssembly(s), func() {
		for _, c := range list {
			requirement(c.Text, s, defect{area, prefix + c.Name, c.Severity, "Go documentation of " + title}, func() error {
				err := c.Check(target)
				if errors.Is(err, contract.ErrUnsupported) {
					return &judge.Unsupported{What: c.Text}
				}
				return err
			})
		}
	})
}
