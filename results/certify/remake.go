package certify

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// remake makes a claim again from the folder's evidence: the journal is checked link by link, triaged as of the time
// of issue, and held against the profile. Only who signed, when, and what is inherited is taken from the claim.
func (v *Verification) remake(dir string, signed claim.Claim) (claim.Claim, bool) {
	profileText, ok1 := v.small(dir, profileFile)
	waiversText, ok2 := v.small(dir, waiversFile)
	if !ok1 || !ok2 {
		return claim.Claim{}, false
	}
	p, err := profile.Parse(profileFile, profileText, nil)
	if err != nil {
		return claim.Claim{}, v.because(profileFile, err)
	}
	waivers, err := waiver.Parse(waiversFile, waiversText)
	if err != nil {
		return claim.Claim{}, v.because(waiversFile, err)
	}
	run, err := loadRun(dir)
	if err != nil {
		return claim.Claim{}, v.within(err)
	}
	if run.Seal == nil {
		return claim.Claim{}, v.wrong(sealFile, "", "the run had not ended", "运行尚未结束")
	}
	triage.Apply(run, waivers, signed.Issued)
	return claim.Make(run, signed.Target.ID, claim.Context{Profile: p, Waivers: waiversText, Issued: signed.Issued,
		Signer: signed.Signer, Inherits: signed.Inherits}), true
}

// loadRun reads the folder's run as it unpacks, checked by the store. A problem's place begins with the file's name.
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

// within adds a problem whose place begins with a file of the folder. It returns false, as wrong does.
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
