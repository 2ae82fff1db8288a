package certify

import (
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// basis is the judged run of a folder, and the profile and waivers by which it was judged.
type basis struct {
	run     document.Run
	profile *profile.Profile
	waivers []byte
	covered *claim.Coverage
}

// read reads the evidence: it checks each link of the journal and triages the run as of the time of issue. It returns
// false, and adds a problem, if a file is wrong.
func (v *Verification) read(dir string, signed claim.Claim, names func(string) record.Sentence) (basis, bool) {
	profileText, ok1 := v.readSmall(dir, profileFile)
	waiversText, ok2 := v.readSmall(dir, waiversFile)
	if !ok1 || !ok2 {
		return basis{}, false
	}
	p, err := profile.Parse(profileFile, profileText, nil)
	if err != nil {
		return basis{}, v.because(profileFile, err)
	}
	waivers, err := waiver.Parse(waiversFile, waiversText)
	if err != nil {
		return basis{}, v.because(waiversFile, err)
	}
	run, err := loadRun(dir)
	if err != nil {
		return basis{}, v.within(err)
	}
	if run.Seal == nil {
		return basis{}, v.wrong(sealFile, "", "the run had not ended", "运行尚未结束")
	}
	if err := p.Certifies(); err != nil && signed.V == claim.Version {
		return basis{}, v.because(profileFile, err)
	}
	if err := waivers.Certifies(); err != nil {
		return basis{}, v.because(waiversFile, err)
	}
	covered, ok := v.covered(dir)
	if !ok {
		return basis{}, false
	}
	return basis{covered: covered, run: judge(run, waivers, signed.Issued, signed.Pages.Lang, names), profile: p, waivers: waiversText}, true
}

// judge applies waivers to a run and returns it with its report, from which the pages are made.
func judge(run *store.Run, waivers waiver.List, at time.Time, lang string, names func(string) record.Sentence) document.Run {
	found := triage.Apply(run, waivers, at)
	return document.Run{Run: run, Report: render.New(run, found.Findings, lang), Triage: found, Names: names}
}

// remake makes the claim again from the evidence. It takes from the signed claim only the signer, the time, how the pages
// were made, what is inherited, and what product and laboratory say of themselves; and for a certificate that another
// program issued, what that program ships.
func (b basis) remake(signed claim.Claim, by claim.Program) claim.Claim {
	again := claim.Make(b.run.Run, signed.Target.ID, claim.Context{Program: by, Profile: b.profile, Waivers: b.waivers, Issued: signed.Issued,
		Signer: signed.Signer, Inherits: signed.Inherits, Pages: signed.Pages,
		Number: signed.Number, Product: signed.Product, Laboratory: signed.Laboratory, Coverage: b.covered})
	return asIssued(again, signed, by)
}

// loadRun reads the run of a folder while it unpacks the journal, checked by the store. The place of a *record.Problem
// begins with the file's name.
func loadRun(dir string) (*store.Run, error) {
	s := store.Source{Dir: dir, ManifestPlace: manifestFile, SealPlace: sealFile, JournalPlace: journalFile}
	var err error
	if s.Manifest, err = regular.Read(filepath.Join(dir, manifestFile), regular.MaxManifest); err != nil {
		return nil, err
	}
	if s.Seal, err = regular.Read(filepath.Join(dir, sealFile), MaxStatement); err != nil {
		return nil, err
	}
	packed, err := regular.Open(filepath.Join(dir, journalFile), MaxFile)
	if err != nil {
		return nil, err
	}
	defer packed.Close()
	info, err := packed.Stat()
	if err != nil {
		return nil, err
	}
	if s.Journal, err = regular.Gunzip(packed, journalFile, info.Size(), regular.MaxJournal); err != nil {
		return nil, err
	}
	return store.Read(s)
}

// within adds the problem err, whose place begins with the name of a file of the folder. It always returns false.
func (v *Verification) within(err error) bool {
	var p *record.Problem
	if !errors.As(err, &p) {
		return v.because(journalFile, err)
	}
	file, place, _ := strings.Cut(p.Place, ":")
	if place != "" {
		place = "line " + place
	}
	v.Problems = append(v.Problems, Problem{File: filepath.Base(file), Place: place, What: p.Sentence})
	return false
}
