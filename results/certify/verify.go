package certify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Reader says how a folder is verified: whom the reader trusts, as of which time, and by which program.
type Reader struct {
	Root *smx509.Certificate // that the reader trusts; nil if only the consistency of the folder is checked
	At   time.Time           // time as of which certificates have to be valid

	Names     func(item string) record.Sentence // names of items on pages; nil for their ids
	Program   claim.Program                     // this program
	Claim     string                            // digest of the claim that the folder must have, as paper says it; "" for any
	Inherited string                            // folder of the certificate that is inherited from; "" if the reader does not have it
}

// Verify checks a folder that Issue wrote, without a network. It returns an error only if dir cannot be listed; all else
// is in the Verification.
func Verify(dir string, by Reader) (*Verification, error) {
	entries, err := regular.List(dir)
	if err != nil {
		return nil, err
	}
	v := &Verification{}
	s, chain, ok := v.signature(dir, by.Root, by.At)
	if !ok {
		return v, nil
	}
	v.files(dir, entries, s)
	if !v.OK() {
		return v, nil
	}
	v.proved("none of the %d files was changed, added or taken away since it was signed", "%d 个文件自签名后均未被修改、添加或移除", len(s.Subject)+1)
	v.claims(dir, s, chain, by)
	return v, nil
}

// signature checks the chain and the signature, and returns the signed statement. It returns false, and adds a problem,
// if they are not valid.
func (v *Verification) signature(dir string, root *smx509.Certificate, at time.Time) (s statement.Statement, chain identity.Chain, ok bool) {
	text, ok := v.readSmall(dir, chainFile)
	if !ok {
		return s, chain, false
	}
	chain, err := identity.ParseChain("", text)
	if err != nil {
		return s, chain, v.because(chainFile, err)
	}
	if err := chain.Check(at); err != nil {
		return s, chain, v.because(chainFile, err)
	}
	if root != nil && !root.Equal(chain.Root) {
		return s, chain, v.wrong(chainFile, "", "the root certificate is not the one that you trust", "根证书不是您所信任的根证书")
	}
	envelope, ok := v.readSmall(dir, StatementFile)
	if !ok {
		return s, chain, false
	}
	s, err = statement.Open(envelope, chain)
	if err != nil {
		return s, chain, v.because(StatementFile, err)
	}
	id, err := chain.KeyID()
	if err != nil {
		return s, chain, v.because(chainFile, err)
	}
	if root == nil {
		v.unproved("who signed: whoever made this folder chose the root %q in it; name the one that you trust with --root",
			"签名者身份：根证书 %q 由文件夹制作者自选；请用 --root 指定您信任的根证书", chain.Root.Subject.CommonName)
		return s, chain, true
	}
	v.proved("signed by %q, whose certificate your root %q issued (key %s)", "由 %q 签名，其证书由您信任的根 %q 签发（密钥 %s）",
		chain.Leaf.Subject.CommonName, chain.Root.Subject.CommonName, id)
	return s, chain, true
}

// evidence are the names of the files that every folder has.
var evidence = []string{manifestFile, sealFile, journalFile, profileFile, waiversFile, chainFile, htmlFile, markdownFile,
	junitFile, benchFile, csvFile, workbookFile}

// files adds a problem for each file of the folder that the statement does not name, and for each that it names and that
// is absent or has another digest.
func (v *Verification) files(dir string, entries []os.DirEntry, s statement.Statement) {
	named := map[string]bool{StatementFile: true}
	for i, f := range s.Subject {
		place := fmt.Sprintf("subject %d", i+1)
		switch {
		case named[f.Name] || f.Name != filepath.Base(f.Name) || f.Name == "." || f.Name == "..":
			v.wrong(StatementFile, place, "%q cannot name a file of the folder", "%q 不能作为文件夹内的文件名", f.Name)
			continue
		case !slices.Contains(evidence, f.Name) && f.Name != pdfFile && f.Name != coverageFile:
			v.wrong(StatementFile, place, "%q is no file of a certificate", "%q 不是证书文件", f.Name)
		}
		named[f.Name] = true
		v.checkDigest(dir, f)
	}
	for _, name := range evidence {
		if !named[name] {
			v.wrong(StatementFile, "", "it does not name %s", "其中未列出 %s", name)
		}
	}
	for _, e := range entries {
		if !named[e.Name()] {
			v.wrong(e.Name(), "", "it was added: the statement does not name it", "该文件为后来添加：声明中没有它")
		}
	}
}

// claims makes the claim again from the evidence, and adds a problem if the signed one differs.
func (v *Verification) claims(dir string, s statement.Statement, chain identity.Chain, by Reader) {
	signed, err := claim.Parse(s.Predicate.Claim)
	if err != nil {
		v.because(StatementFile, err)
		return
	}
	v.Claim = &signed
	if signed.Issued.After(by.At) {
		v.wrong(StatementFile, "claim", "it was issued on %s, which is yet to come: is the clock right?", "签发时间 %s 尚未到来：请检查系统时钟", signed.Issued.Format(time.RFC3339))
		return
	}
	if signed.Signer != chain.Leaf.Subject.CommonName {
		v.wrong(StatementFile, "claim.signer", "it names another signer than the certificate does", "其中的签发者与证书不一致")
		return
	}
	if err := chain.Check(signed.Issued); err != nil {
		v.because(chainFile, err)
		return
	}
	if until := signed.Laboratory.Until(signed.Issued); !until.IsZero() && signed.Level != profile.None && by.At.After(until) {
		v.wrong(StatementFile, "claim.laboratory", "the certificate was valid until %s", "证书有效期至 %s，现已过期", until.Format(time.DateOnly))
		return
	}
	if until, end := signed.Laboratory.Until(signed.Issued), chain.Leaf.NotAfter; signed.Level != profile.None && until.After(end) {
		v.wrong(StatementFile, "claim.laboratory", "it says that it is valid until %s, and the signing certificate ends on %s", "自称有效期至 %s，而签名证书于 %s 到期",
			until.Format(time.DateOnly), end.Format(time.DateOnly))
		return
	}
	if by.Claim != "" {
		digest, err := signed.Digest()
		if err != nil || digest != by.Claim {
			v.wrong(StatementFile, "claim", "this is another certificate than the one asked for: its claim's digest is %s", "这不是所要验证的证书：其证书摘要为 %s", digest)
			return
		}
		v.proved("it is the certificate asked for, %s", "即所要验证的证书：%s", digest)
	}
	basis, ok := v.read(dir, signed, by.Names)
	if !ok {
		return
	}
	again := basis.remake(signed, by.Program)
	v.proved("the journal is whole: %d entries, each tied to the one before, back to the plan", "日志完整：共 %d 条，逐条相连，可追溯至计划", again.Journal.Entries)
	place, err := v.follows(&signed, again, s)
	if err != nil {
		v.because(StatementFile, err)
		return
	}
	if place != "" {
		v.wrong(StatementFile, place, "it does not follow from the journal, the profile and the waivers", "该内容与日志、认证方案及豁免不符")
		return
	}
	if !v.judged(basis, signed, by) {
		return
	}
	v.conclude(signed)
	v.pages(dir, basis.run, again, basis.profile, chain)
	v.product(signed)
	v.beyond()
}

// follows returns the first field in which a signed claim differs from the one that was made again; "" if there is none.
// In a claim of an older version, level and rules are those of another program, so follows replaces them in signed by
// those of again.
func (v *Verification) follows(signed *claim.Claim, again claim.Claim, s statement.Statement) (place string, err error) {
	if signed.V == again.V {
		want, err := predicate(again, s.Subject)
		return difference(s.Predicate, want), err
	}
	own, err := predicate(*signed, s.Subject)
	if err != nil {
		return "", err
	}
	own.Claim = s.Predicate.Claim
	if place := difference(s.Predicate, own); place != "" {
		return place, nil
	}
	v.unproved("that it was %[1]s by the rules of its time (claims of version %[3]d): by those of this program it is %[2]s",
		"按当时的规则（第 %[3]d 版声明）为 %[1]s：按本程序的规则为 %[2]s", signed.Level.Name(), again.Level.Name(), signed.V)
	signed.Level, signed.Rules = again.Level, again.Rules
	then := *signed
	then.V, then.Program, then.Plan, then.Looked, then.Provenance = again.V, again.Program, again.Plan, again.Looked, again.Provenance
	then.Ended, then.Tested, then.Packages = again.Ended, again.Tested, again.Packages
	then.Profile.Shipped, then.Waivers.Shipped, then.Widened = again.Profile.Shipped, again.Waivers.Shipped, again.Widened
	a, err := then.JSON()
	if err != nil {
		return "", err
	}
	b, err := again.JSON()
	if err != nil {
		return "", err
	}
	return difference(statement.Predicate{Claim: a}, statement.Predicate{Claim: b}), nil
}

// beyond adds to Unproved what no verification of a folder can show.
func (v *Verification) beyond() {
	v.unproved("that the results were measured on the machine as told: the signer answers for it", "结果确实在所述机器上测得：由签名者负责")
	v.unproved("when it was signed: the time is the signer's own", "签名时间：仅为签名者自述")
}

// difference returns the first field in which two predicates differ; "" if they are equal.
func difference(got, want statement.Predicate) string {
	a, errA := json.Marshal(got)
	b, errB := json.Marshal(want)
	if errA == nil && errB == nil && bytes.Equal(a, b) {
		return ""
	}
	var x, y map[string]json.RawMessage
	if json.Unmarshal(got.Claim, &x) == nil && json.Unmarshal(want.Claim, &y) == nil {
		var fields []string
		for name := range y {
			fields = append(fields, name)
		}
		for name := range x {
			if _, both := y[name]; !both {
				fields = append(fields, name)
			}
		}
		slices.Sort(fields)
		for _, name := range fields {
			if !bytes.Equal(x[name], y[name]) {
				return "claim." + name
			}
		}
	}
	return "predicate"
}

// ReadClaim returns the claim of a folder, whose signature it checks with the chain in the folder alone. It returns an
// error if that is not valid; it proves no more.
func ReadClaim(dir string) (claim.Claim, error) {
	var c claim.Claim
	v := &Verification{}
	text, ok1 := v.readSmall(dir, chainFile)
	envelope, ok2 := v.readSmall(dir, StatementFile)
	if !ok1 || !ok2 {
		return c, record.Wrongf(dir, "this is no certificate's folder", "这不是证书文件夹")
	}
	chain, err := identity.ParseChain(filepath.Join(dir, chainFile), text)
	if err != nil {
		return c, err
	}
	s, err := statement.Open(envelope, chain)
	if err != nil {
		return c, err
	}
	return claim.Parse(s.Predicate.Claim)
}
