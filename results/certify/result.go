package certify

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// asIssued returns a claim that was made again with those fields of the signed one that only the issuing program knows,
// if that is another program than by: what it ships.
func asIssued(again, signed claim.Claim, by claim.Program) claim.Claim {
	if !by.Is(signed.Program, "") {
		again.Profile.Shipped, again.Waivers.Shipped, again.Widened = signed.Profile.Shipped, signed.Waivers.Shipped, signed.Widened
	}
	again.Program = signed.Program
	return again
}

// judged checks the parts of a claim against each other and against this program. It sets Result to what the evidence
// shows by this program's own knowledge, and returns false if something is wrong.
func (v *Verification) judged(b basis, signed claim.Claim, by Reader) bool {
	run := b.run.Run
	if sealed := run.Seal.At.Truncate(claim.Second); signed.Issued.Before(sealed) && signed.V < claim.Version {
		v.unproved("when it was issued: on %s, it says, before the run ended on %s", "签发时间：自述为 %s，早于运行结束时间 %s",
			signed.Issued.Format(claim.Stamp), sealed.UTC().Format(claim.Stamp))
	} else if signed.Issued.Before(sealed) {
		return v.wrong(StatementFile, "claim.issued", "it was issued on %s, before the run ended on %s", "签发时间 %s 早于运行结束时间 %s",
			signed.Issued.Format(claim.Stamp), sealed.UTC().Format(claim.Stamp))
	}
	if by.Program.Is(signed.Program, "") && signed.Pages.Version != document.Version {
		return v.wrong(StatementFile, "claim.pages", "version %s of the program writes version %d of the pages, not version %d",
			"程序版本 %s 写出第 %d 版页面，而非第 %d 版", signed.Program, document.Version, signed.Pages.Version)
	}
	if !v.declared(run.Manifest, signed) {
		return false
	}
	if !v.fullPlans(run.Manifest, b.profile, by.Program) {
		return false
	}
	x := claim.Context{Program: by.Program, Profile: b.profile, Waivers: b.waivers, Issued: signed.Issued, Signer: signed.Signer,
		Number: signed.Number, Product: signed.Product, Laboratory: signed.Laboratory, Coverage: b.covered}
	own := claim.Make(run, signed.Target.ID, x)
	own.Plan.Count(run.Manifest, b.profile, by.Program)
	if signed.Inherits == nil {
		v.Result = &own
		return true
	}
	x.Inherits = signed.Inherits
	all := claim.Make(run, signed.Target.ID, x)
	all.Plan.Count(run.Manifest, b.profile, by.Program)
	proved, ok := v.inheritance(all, by)
	if v.Result = &own; proved {
		v.Result = &all
	}
	return ok
}

// fullPlans compares the suites that a manifest records with those of this program, if this program made the run. It
// returns false, and adds a problem, if a suite that the profile asks for is missing: the run would seem to be a larger
// part of the full plan than it is.
func (v *Verification) fullPlans(m store.Manifest, p *profile.Profile, by claim.Program) bool {
	if len(m.Suites) == 0 || by.FullPlan == nil || m.Selection == nil {
		return true
	}
	same, equal := by.Is(m.Tool, m.Commit), true
	there, here := 0, 0
	for i, kept := range m.Suites {
		if slices.ContainsFunc(m.Suites[:i], func(f store.FullPlan) bool { return f.Item == kept.Item }) {
			return v.wrong(manifestFile, "suites", "the suite %s stands in it twice", "套件 %s 出现两次", kept.Item)
		}
	}
	all := slices.DeleteFunc(slices.Clone(m.Suites), func(f store.FullPlan) bool { // of a module's own tests no suite says anything
		return m.Product != nil && !slices.Contains(m.Items, f.Item) && !slices.Contains(p.Items(), f.Item)
	})
	if len(all) == 0 && m.Product != nil {
		return true
	}
	for _, item := range p.Items() {
		_, kept := m.FullPlan(item)
		if _, has := by.FullPlan(item, *m.Selection); has && !kept {
			all = append(all, store.FullPlan{Item: item})
		}
	}
	for _, kept := range all {
		own, _ := by.FullPlan(kept.Item, *m.Selection)
		if same && kept.SM3 == "" {
			return v.wrong(manifestFile, "suites", "%[2]s is left out: version %[1]s has %[3]d specs of it", "缺少套件 %[2]s：版本 %[1]s 有 %[3]d 个检查项",
				by.Version, kept.Item, own.Specs)
		}
		if same && own != kept {
			return v.wrong(manifestFile, "suites: "+kept.Item, "the full plan of version %s has %d specs, this is another one of %d",
				"版本 %s 的完整计划有 %d 个检查项，此处为另一份，共 %d 个", by.Version, own.Specs, kept.Specs)
		}
		there, here, equal = there+kept.Specs, here+own.Specs, equal && own == kept
	}
	if equal {
		v.proved("the full plan is that of this program, version %s: %d specs, counted again", "完整计划即本程序（版本 %s）的计划：共 %d 个检查项，已重新计数", by.Version, here)
		return true
	}
	v.unproved("that version %s has %d specs in all: this program is version %s, which has %d for these suites; verify with that version",
		"版本 %s 共有 %d 个检查项：本程序为版本 %s，这些套件共 %d 个；请用该版本验证", m.Tool, there, by.Version, here)
	return true
}

// inheritance checks what a claim inherits: that the machines are alike according to the claim, and, if the other
// certificate is in by.Inherited, that the rules were met there. proved is whether that was checked; ok is false if
// something is wrong.
func (v *Verification) inheritance(c claim.Claim, by Reader) (proved, ok bool) {
	i := c.Inherits
	if c.Provenance != record.Native || chip(c) == "" || chip(c) != i.Chip || system(c) == "" || system(c) != i.System {
		return false, v.wrong(StatementFile, "claim.inherits", "this machine is %q, %q, %s: it cannot inherit from %q, %q",
			"本机为 %q、%q、%s：不能继承自 %q、%q", chip(c), system(c), c.Provenance, i.Chip, i.System)
	}
	if by.Inherited == "" {
		return false, true
	}
	source := by
	source.Inherited = ""
	other, err := Verify(by.Inherited, source)
	if err != nil {
		return false, v.wrong(StatementFile, "claim.inherits", "%v", "%v", err)
	}
	if !other.OK() || other.Claim == nil || other.Result == nil {
		return false, v.wrong(StatementFile, "claim.inherits", "the certificate that it inherits from does not verify", "所继承的证书未通过验证")
	}
	digest, err := other.Claim.Digest()
	switch why := unlike(c, *other.Claim); {
	case err != nil || digest != i.Claim || other.Claim.Run != i.Run || other.Claim.Target.ID != i.Target:
		return false, v.wrong(StatementFile, "claim.inherits", "the folder holds another certificate than the one inherited from", "该文件夹中的证书不是所继承的证书")
	case why != nil:
		return false, v.because(StatementFile, why)
	}
	if why := widened(*other.Result); why != nil {
		return false, v.because(StatementFile, why)
	}
	for _, rule := range i.Rules {
		if !slices.Contains(heritable(*other.Result), rule) {
			return false, v.wrong(StatementFile, "claim.inherits", "rule %q is not met there by that machine's own results", "规则 %q 并非由该机器自身的结果达标", rule)
		}
	}
	v.proved("what is inherited stands in the certificate of run %s, target %q, which verifies and says: %s", "继承的内容见于运行 %s、目标 %q 的证书，该证书已通过验证，内容为：%s",
		i.Run, i.Target, other.Result.Sentence())
	return true, true
}

// conclude adds to Proved what the evidence shows, and to Unproved how the signed claim differs from it.
func (v *Verification) conclude(signed claim.Claim) {
	c := *v.Result
	v.Proved = append(v.Proved, c.Sentence())
	if c.Level == signed.Level && c.Profile.Shipped == signed.Profile.Shipped && c.Waivers.Shipped == signed.Waivers.Shipped {
		return
	}
	switch {
	case signed.V < claim.Version: // follows has added it
		return
	case c.Inherits == nil && signed.Inherits != nil:
		v.unproved("the level with what it inherits, which --inherited DIR would check: %s", "计入继承内容后的级别（可用 --inherited DIR 检查）：%s", signed.Sentence())
	}
	if c.Profile.Shipped != signed.Profile.Shipped || c.Waivers.Shipped != signed.Waivers.Shipped {
		v.unproved("that profile and waivers are those shipped with version %s: this program is version %s; verify with that version",
			"认证方案与豁免随版本 %s 发布：本程序为版本 %s；请用该版本验证", signed.Program, c.Program)
	}
}
