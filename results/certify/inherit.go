package certify

import (
	"cmp"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Inherit returns what a target may inherit from the certificate in dir: the rules that the other machine met by its own
// results, without those about speed. It returns a *record.Problem unless the other certificate verifies, has the same
// profile, and is of a native machine with the same architecture, chip (one catalogue id is one generation) and system.
func Inherit(dir string, by Reader, run *store.Run, target string, p *profile.Profile) (*claim.Inheritance, error) {
	v, err := Verify(dir, by)
	if err != nil {
		return nil, err
	}
	if !v.OK() {
		w := v.Problems[0]
		return nil, record.Wrongf(dir, "nothing can be inherited, it does not verify: %[1]s: %[2]s", "无法继承，验证未通过：%[1]s：%[3]s",
			w.File, w.What.En, w.What.In("zh"))
	}
	other := *v.Claim
	own := claim.Make(run, target, claim.Context{Program: by.Program, Profile: p, Issued: by.At})
	if why := unlike(own, other); why != nil {
		why.Place = dir
		return nil, why
	}
	if why := widened(*v.Result); why != nil {
		why.Place = dir
		return nil, why
	}
	digest, err := other.Digest()
	if err != nil {
		return nil, err
	}
	i := &claim.Inheritance{Run: other.Run, Target: other.Target.ID, Claim: digest, Chip: chip(other), System: system(other)}
	i.Rules = heritable(*v.Result)
	return i, nil
}

// heritable returns the ids of the rules that others may inherit from a certificate.
func heritable(c claim.Claim) (rules []string) {
	for _, r := range c.Rules {
		if r.Met && !r.Inherited && r.Level != profile.L3 {
			rules = append(rules, r.Rule)
		}
	}
	return rules
}

// unlike returns the reason why one machine cannot inherit from another; nil if it can.
func unlike(own, other claim.Claim) *record.Problem {
	switch {
	case other.V != claim.Version:
		return record.Wrongf("", "it was made by an older version, which did not record the full plan", "该证书由较旧的版本生成，未记录完整计划")
	case own.Profile.SM3 != other.Profile.SM3:
		return record.Wrongf("", "it is of another profile", "该证书使用另一认证方案")
	case own.Provenance != record.Native || other.Provenance != record.Native:
		return record.Wrongf("", "only native results inherit, and only from native ones", "只有实机结果可以继承，且只能继承自实机结果")
	case own.Target.GOARCH != other.Target.GOARCH || chip(own) == "" || chip(own) != chip(other):
		return record.Wrongf("", "it is of the chip %q, this is %q: only the same generation inherits", "该证书的芯片为 %q，本机为 %q：只有同代芯片可以继承",
			chip(other), chip(own))
	case system(own) == "" || system(own) != system(other):
		return record.Wrongf("", "it is of the system %q, this is %q: only the same system inherits", "该证书的系统为 %q，本机为 %q：只有相同系统可以继承",
			system(other), system(own))
	}
	return nil
}

// widened returns a *record.Problem if waivers that the shipped ones do not cover may have met some rules; nil if not.
// The certificate that inherits such a rule would show it beside other waivers.
func widened(c claim.Claim) *record.Problem {
	if c.Widened == 0 {
		return nil
	}
	return record.Wrongf("", "it was held against waivers that let more be than the shipped ones (%d): nothing can be inherited from it",
		"该证书所用的豁免比随程序发布的更宽（%d 条）：不能继承", c.Widened)
}

// chip returns the chip that the machine has by its fingerprint, or else the declared one.
func chip(c claim.Claim) string {
	if c.Machine == nil {
		return c.Target.Chip
	}
	return cmp.Or(c.Machine.Chip, c.Target.Chip)
}

// system returns the system that the machine has by its fingerprint, or else the declared one.
func system(c claim.Claim) string {
	if c.Machine == nil {
		return c.Target.System
	}
	return cmp.Or(c.Machine.System, c.Target.System)
}
