package carrier

import (
	"archive/tar"
	"bytes"
	"go/version"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// artifact is a file that a test kept by testing.TB.ArtifactDir.
type artifact struct {
	name    string // import path of the package, and the path below the package's artifacts
	content []byte
}

// Bounds of the artifacts of one cell.
const (
	maxArtifacts     = 16 << 20 // bytes
	maxArtifactFiles = 1000
)

// artifactDir is where the testing package keeps the artifacts of a package, below -test.outputdir.
const artifactDir = "_artifacts"

// keepsArtifacts reports whether the tests were built with a Go whose testing package knows -test.artifacts.
func (c *carrier) keepsArtifacts() bool {
	return version.Compare(strings.TrimPrefix(c.Image.Go, "devel "), "go1.26") >= 0
}

// keepArtifacts takes in the files that a package's tests kept below dir. Only regular files count: tests make what they
// like there.
func (p *pkg) keepArtifacts(dir string) {
	root, err := os.OpenRoot(filepath.Join(dir, artifactDir))
	if err != nil {
		return // no test asked for a directory
	}
	defer root.Close()
	_ = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error { // what cannot be read is left out
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		dir, file := p.artifactOf(name)
		p.carrier.keepArtifact(root, name, path.Join(p.Path, dir, file))
		return nil
	})
}

// noteArtifacts notes which directories are those of which tests.
func (p *pkg) noteArtifacts(all map[string]string) {
	if p.artifactsOf == nil {
		p.artifactsOf = map[string]string{}
	}
	for dir, test := range all {
		if below, err := filepath.Rel(filepath.Join(p.output, artifactDir), dir); err == nil && filepath.IsLocal(below) && filepath.IsLocal(test) {
			p.artifactsOf[filepath.ToSlash(below)] = test
		}
	}
}

// artifactOf returns the test whose artifact a file is, and the file's name below the test's directory. Where no test said so,
// the test is "". A test that ran several times has several directories; the last one's files are kept.
func (p *pkg) artifactOf(name string) (test, file string) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if test, ok := p.artifactsOf[dir]; ok {
			return test, name[len(dir)+1:]
		}
	}
	return "", name
}

// keepArtifact takes in one file below root.
func (c *carrier) keepArtifact(root *os.Root, name, as string) {
	f, err := root.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	content, err := io.ReadAll(io.LimitReader(f, int64(maxArtifacts-c.kept)+1))
	if err != nil || len(c.artifacts) == maxArtifactFiles || c.kept+len(content) > maxArtifacts {
		c.dropped++
		return
	}
	c.kept += len(content)
	c.artifacts = append(c.artifacts, artifact{as, content})
}

// handOverArtifacts hands over all artifacts in one archive, without times and owners.
func (c *carrier) handOverArtifacts() {
	if c.dropped > 0 {
		c.emit(record.Event{Kind: record.KindLog, Log: &record.Log{Level: "warn",
			Text: record.Sayf("%d files of t.ArtifactDir are left out: %d MiB and %d files are kept of one run of the tests", "略去 t.ArtifactDir 的 %d 个文件：每次运行保留 %d MiB、%d 个文件",
				c.dropped, maxArtifacts>>20, maxArtifactFiles)}})
	}
	if len(c.artifacts) == 0 {
		return
	}
	slices.SortFunc(c.artifacts, func(a, b artifact) int { return strings.Compare(a.name, b.name) })
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, a := range c.artifacts {
		c.note(w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: a.name, Size: int64(len(a.content)), Mode: 0o644}))
		_, err := w.Write(a.content)
		c.note(err)
	}
	c.note(w.Close())
	c.handOver(record.ArtifactsName, archive.Bytes())
}

// maxPiece bounds a piece of a file in an event, in bytes: a line may have 1 MiB, and base64 takes a third more.
const maxPiece = 512 << 10

// handOver hands a file over to the coordinator: in the directory for reports, or by events where there is none.
func (c *carrier) handOver(name string, content []byte) {
	if len(content) == 0 {
		return
	}
	if c.Request.ReportDir != "" {
		c.note(os.WriteFile(filepath.Join(c.Request.ReportDir, name), content, 0o644))
		return
	}
	for len(content) > 0 {
		piece := content[:min(len(content), maxPiece)]
		content = content[len(piece):]
		c.emit(record.Event{Kind: record.KindFile, File: &record.File{Name: name, Data: piece, Last: len(content) == 0}})
	}
}
