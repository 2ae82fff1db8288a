package certify

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/coverage"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

// The files of a folder. The first group is the evidence, from which the claim follows; then come the pages, and the
// signature.
const (
	manifestFile = "manifest.json"
	sealFile     = "seal.json"
	journalFile  = "results.ndjson.gz"
	profileFile  = "profile.yaml"
	waiversFile  = "waivers.yaml"
	coverageFile = "coverage.txt" // only where coverage was measured

	htmlFile     = "certificate.html"
	pdfFile      = "certificate.pdf"
	markdownFile = "certificate.md"
	junitFile    = "junit.xml"
	benchFile    = "bench.txt"
	csvFile      = "summary.csv"
	workbookFile = "summary.xlsx"

	chainFile = "chain.pem"
	// StatementFile is the signed statement, which names all other files.
	StatementFile = "statement.dsse.json"
)

// packed is the compressed journal of a run, which all folders have.
type packed struct {
	path   string
	digest statement.Digest
}

// compress writes the journal of the run directory run into a compressed temporary file in dir.
func compress(dir, run string) (p packed, err error) {
	files, err := store.Open(run)
	if err != nil {
		return p, err
	}
	defer files.Close()
	in, err := files.Journal()
	if err != nil {
		return p, err
	}
	defer in.Close()
	out, err := temporary.File(dir, ".journal-*")
	if err != nil {
		return p, err
	}
	z, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err == nil {
		_, err = io.Copy(z, in)
		err = errors.Join(err, z.Close())
	}
	err = errors.Join(err, out.Close())
	if err == nil {
		var f statement.File
		f, err = digest(dir, filepath.Base(out.Name()))
		p = packed{path: out.Name(), digest: f.Digest}
	}
	if err != nil {
		temporary.Remove(out.Name())
	}
	return p, err
}

// write writes all files of a folder but the statement. journal is the path of the compressed journal. covered is what tests have covered, nil if that was not
// measured.
func (o Order) write(dir, journal string, p pages, covered coverage.Profile) error {
	if err := copyFile(filepath.Join(dir, journalFile), journal); err != nil {
		return err
	}
	files, err := store.Open(o.Run.Dir)
	if err != nil {
		return err
	}
	defer files.Close()
	manifest, err := files.Manifest()
	if err != nil {
		return err
	}
	seal, err := files.Seal()
	if err != nil {
		return err
	}
	writers := p.writers()
	writers[manifestFile], writers[sealFile] = bytesOf(manifest), bytesOf(seal)
	writers[profileFile], writers[waiversFile], writers[chainFile] = bytesOf(o.Profile.Text), bytesOf(o.Text), bytesOf(o.Signer.Chain.PEM())
	if len(covered) > 0 {
		writers[coverageFile] = covered.Write
	}
	for name, write := range writers {
		if err := writeFile(filepath.Join(dir, name), write); err != nil {
			return err
		}
	}
	return nil
}

// bytesOf returns a function that writes content.
func bytesOf(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// writeFile creates a file with the output of write. It fails if the file exists.
func writeFile(path string, write func(io.Writer) error) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(out, 256<<10)
	err = write(b)
	return errors.Join(err, b.Flush(), out.Close())
}

// copyFile copies a file into a new one. It fails if the new one exists.
func copyFile(to, from string) error {
	in, err := regular.Open(from, MaxFile)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeFile(to, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}
