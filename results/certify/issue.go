// Package certify turns a run into signed folders, one for each target, and verifies such folders offline.
package certify

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/pdf"
	"github.com/xcmatrix/xcmatrix/results/certify/product"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/temporary"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// Order says which targets of a run Issue certifies, by which profile and waivers, and who signs.
type Order struct {
	Program  claim.Program
	Run      *store.Run
	Targets  []string
	Profile  *profile.Profile
	Waivers  waiver.List
	Text     []byte // the file that Waivers were read from
	Signer   identity.Signer
	Now      time.Time
	Lang     string // of the files that have one language: PDF, Markdown, workbook, CSV
	Font     *pdf.Font
	Names    func(item string) record.Sentence
	Inherits *claim.Inheritance

	Number     string              // of the certificate; "" for one that follows from the run
	Product    *product.Product    // nil: the platform is certified
	Laboratory *product.Laboratory // nil: nothing but the signer's name is known
}

// Issued is the result for one target: a folder, or the reasons why there is none.
type Issued struct {
	Target  string
	Dir     string // "" if refused
	Claim   claim.Claim
	Refused []record.Sentence // why there is no certificate at all
}

// Issue writes a folder for each target under dir/<run>/, whole or not at all. It refuses a target whose machine is not
// the declared one, or that never ran. It returns a *record.Problem for the reasons that Check gives, and an error if a
// folder exists or cannot be written; the folders written before stay.
func Issue(dir string, o Order) ([]Issued, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	home := filepath.Join(dir, Segment(o.Run.Manifest.Run))
	if err := os.MkdirAll(home, 0o755); err != nil {
		return nil, record.Wrongf(home, "cannot be written: %v", "无法写入：%v", err)
	}
	run := judge(o.Run, o.Waivers, o.Now.Truncate(time.Second), o.Lang, o.Names)
	journal, err := compress(home, o.Run.Dir)
	if err != nil {
		return nil, err
	}
	defer os.Remove(journal.path)
	var out []Issued
	for _, target := range o.Targets {
		if why := refused(o.Run, target); len(why) > 0 {
			out = append(out, Issued{Target: target, Refused: why})
			continue
		}
		issued, err := o.issue(home, journal, run, target)
		if err != nil {
			return out, err
		}
		out = append(out, issued)
	}
	return out, nil
}

// Check returns a *record.Problem if the run has not ended, if nothing can be certified by the profile or the waivers, or
// if the clock is before the end of the run.
func (o Order) Check() error {
	if o.Run.Seal == nil {
		return record.Wrongf(o.Run.Dir, "the run has not ended: finish it with `xcmatrix run --resume %s`",
			"运行尚未结束：请用 `xcmatrix run --resume %s` 完成", o.Run.Manifest.Run)
	}
	if err := o.Profile.Certifies(); err != nil {
		return err
	}
	if err := o.Waivers.Certifies(); err != nil {
		return err
	}
	if o.Product != nil {
		if _, problem := o.Product.Fits(o.Run.Manifest.Product); problem != nil {
			return problem
		}
	}
	if o.Number != "" && (len(o.Targets) != 1 || !product.IsNumber(o.Number)) {
		return record.Wrongf("--number", "%q cannot number %d certificates: letters, digits, hyphens, slashes and brackets, 40 at most, for one target (--target)",
			"%q 不能作为 %d 份证书的编号：字母、数字、连字符、斜杠与括号，最多 40 个，且只对应一个目标（--target）", o.Number, len(o.Targets))
	}
	if until, end := o.Laboratory.Until(o.Now), o.Signer.Chain.Leaf.NotAfter; until.After(end) {
		return record.Wrongf("laboratory", "months %d would make it valid until %s, and the signing certificate ends on %s: say fewer months, or sign with one that lasts longer (--days of keygen)",
			"months %d 使有效期至 %s，而签名证书于 %s 到期：请减少月数，或使用有效期更长的签名证书（keygen 的 --days）", o.Laboratory.Months, until.Format(time.DateOnly), end.Format(time.DateOnly))
	}
	if o.Now.Before(o.Run.Seal.At.Truncate(claim.Second)) {
		return record.Wrongf(o.Run.Dir, "the run ended on %s, which is yet to come: is the clock right?", "运行结束时间 %s 尚未到来：请检查系统时钟",
			o.Run.Seal.At.UTC().Format(claim.Stamp))
	}
	return nil
}

// refused returns the reasons why a target gets no folder: its machine is not the declared one, or it never ran. It
// returns nil if there are none.
func refused(run *store.Run, target string) []record.Sentence {
	if why := profile.Mismatch(run, target); len(why) > 0 {
		return why
	}
	for _, c := range run.Cells {
		if c.Target == target && len(c.Launches) > 0 {
			return nil
		}
	}
	return []record.Sentence{record.Say("it was never run: `xcmatrix show` says why", "该目标从未运行：`xcmatrix show` 说明原因")}
}

// issue writes the folder of one target below home.
func (o Order) issue(home string, journal packed, run document.Run, target string) (Issued, error) {
	dir := filepath.Join(home, Segment(target))
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return Issued{}, record.Wrongf(dir, "there is a certificate already: remove it, or name another --out",
			"已存在证书：请移除或用 --out 指定其他目录")
	}
	tmp, err := temporary.Dir(home, ".new-*")
	if err != nil {
		return Issued{}, err
	}
	defer temporary.Remove(tmp)
	covered, err := coverageOf(o.Run, target)
	if err != nil {
		return Issued{}, err
	}
	c := claim.Make(o.Run, target, claim.Context{Program: o.Program, Profile: o.Profile, Waivers: o.Text, Issued: o.Now,
		Signer: o.Signer.Chain.Leaf.Subject.CommonName, Inherits: o.Inherits, Pages: o.pages(),
		Number: o.Number, Product: o.Product, Laboratory: o.Laboratory, Coverage: counted(covered)})
	p, err := makePages(run, c, o.Profile, o.Signer.Chain, o.Font)
	if err != nil {
		return Issued{}, err
	}
	if err := o.write(tmp, journal.path, p, covered); err != nil {
		return Issued{}, err
	}
	if err := o.sign(tmp, journal, c); err != nil {
		return Issued{}, err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return Issued{}, err
	}
	return Issued{Target: target, Dir: dir, Claim: c}, os.Rename(tmp, dir)
}

// pages returns how the pages are made, for the claim.
func (o Order) pages() claim.Pages {
	p := claim.Pages{Version: document.Version, Lang: o.Lang, Go: compiler}
	if o.Font != nil {
		p.Font = o.Font.Digest
	}
	return p
}

// sign writes the statement, which names every file of the folder dir, and signs it.
func (o Order) sign(dir string, journal packed, c claim.Claim) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var files []statement.File
	for _, e := range entries {
		f := statement.File{Name: journalFile, Digest: journal.digest}
		if e.Name() != journalFile {
			if f, err = digest(dir, e.Name()); err != nil {
				return err
			}
		}
		files = append(files, f)
	}
	p, err := predicate(c, files)
	if err != nil {
		return err
	}
	envelope, err := statement.Sign(statement.New(files, p), o.Signer)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, StatementFile), envelope, 0o644)
}

// predicate returns a claim as a test result of in-toto: the tests are the profile's rules, and the configuration is the
// files by which they were judged.
func predicate(c claim.Claim, files []statement.File) (statement.Predicate, error) {
	raw, err := c.JSON()
	if err != nil {
		return statement.Predicate{}, err
	}
	p := statement.Predicate{Result: c.Result(), Configuration: []statement.File{}, PassedTests: []string{}, WarnedTests: []string{},
		FailedTests: []string{}, Claim: raw}
	for _, f := range files {
		if slices.Contains([]string{manifestFile, profileFile, waiversFile}, f.Name) {
			p.Configuration = append(p.Configuration, f)
		}
	}
	for _, r := range c.Rules {
		switch {
		case r.Inherited:
			p.WarnedTests = append(p.WarnedTests, r.Rule)
		case r.Met:
			p.PassedTests = append(p.PassedTests, r.Rule)
		default:
			p.FailedTests = append(p.FailedTests, r.Rule)
		}
	}
	return p, nil
}

var outside = pattern.Of(`[^A-Za-z0-9._-]+`)

// maxSegment is the longest name that Segment returns, in bytes, well below the limit of file systems.
const maxSegment = 80

// Segment returns a name that can be one part of a path for a name from another machine or a file: it cannot leave its
// folder, and two names that differ stay different.
func Segment(name string) string {
	plain := outside().ReplaceAllString(name, "_")
	if plain == name && name != "" && name[0] != '.' && len(name) <= maxSegment {
		return name
	}
	sum := claim.SourceOf("", []byte(name)).SM3[:12]
	return "x" + plain[:min(len(plain), maxSegment-14)] + "-" + sum
}
