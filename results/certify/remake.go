package certify

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
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
		return claim.Claim{}, v.because(journalFile, err)
	}
	if run.Seal == nil {
		return claim.Claim{}, v.wrong(sealFile, "", "the run had not ended", "运行尚未结束")
	}
	triage.Apply(run, waivers, signed.Issued)
	return claim.Make(run, signed.Target.ID, claim.Context{Profile: p, Waivers: waiversText, Issued: signed.Issued,
		Signer: signed.Signer, Inherits: signed.Inherits}), true
}

// loadRun reads the folder's journal by way of a temporary directory, where the store's own checks find it.
func loadRun(dir string) (*store.Run, error) {
	tmp, err := os.MkdirTemp("", "xcmatrix-verify-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	for _, name := range []string{manifestFile, sealFile} {
		if err := copyFile(filepath.Join(tmp, name), filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	if err := unpack(filepath.Join(tmp, storeJournal), filepath.Join(dir, journalFile)); err != nil {
		return nil, err
	}
	run, err := store.Load(tmp)
	var p *record.Problem
	if errors.As(err, &p) { // the reader knows the folder's file, not the temporary one
		p.Place = strings.TrimPrefix(strings.TrimPrefix(p.Place, filepath.Join(tmp, storeJournal)), ":")
	}
	return run, err
}

// unpack writes what a compressed file holds to another.
func unpack(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	return writeFile(to, func(w io.Writer) error {
		_, err := io.Copy(w, z)
		return errors.Join(err, z.Close())
	})
}
