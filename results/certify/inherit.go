package certify

import (
	"cmp"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Inherit reads what a target may take over from the certificate in dir: the rules met there by the machine's own
// results, but for speed. The other certificate has to verify, to be of the same profile, and to be of a
// native machine with the same architecture, chip generation (one catalogue id is one) and system.
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

// heritable are the rules that others may inherit from a certificate.
func heritable(c claim.Claim) (rules []string) {
	for _, r := range c.Rules {
		if r.Met && !r.Inherited && r.Level != profile.L3 {
			rules = append(rules, r.Rule)
		}
	}
	return rules
}

// unlike says why one machine cannot inherit from another; nil when it can.
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

// widened says that rules may be met by waivers which the shipped ones do not cover; nil where there are none. Whoever
// inherits such a rule would show it beside waivers of its own.
func widened(c claim.Claim) *record.Problem {
	if c.Widened == 0 {
		return nil
	}
	return record.Wrongf("", "it was held against waivers that let more be than the shipped ones (%d): nothing can be inherited from it",
		"该证书所用的豁免比随程序发布的更宽（%d 条）：不能继承", c.Widened)
}

// chip is what the machine was found to be, else what it was declared.
func chip(c claim.Claim) string {
	if c.Machine == nil {
		return c.Target.Chip
	}
	return cmp.Or(c.Machine.Chip, c.Target.Chip)
}

func system(c claim.Claim) string {
	if c.Machine == nil {
		return c.Target.System
	}
	return cmp.Or(c.Machine.System, c.Target.System)
}
