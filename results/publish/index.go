package publish

import (
	"cmp"
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/render/markdown"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

//go:embed index.md.tmpl
var indexText string

var index = template.Must(template.New("index").Funcs(template.FuncMap{"plain": markdown.Plain}).Parse(indexText))

// Entry is one certificate of the repository.
type Entry struct {
	Path         string // from the repository, with slashes
	System, Chip string
	Claim        claim.Claim
}

// Level of the certificate, or a dash.
func (e Entry) Level() string { return cmp.Or(string(e.Claim.Level), "—") }

// page is one index: a list of certificates, and where the repository's root is from it.
type page struct {
	Title   string
	Up      string
	Groups  []group
	Entries []Entry
}

// group is a link to another index.
type group struct{ Name, Path string }

// Index writes the pages of a repository anew: one for each system, one for each chip, and one for all. The folders
// whose statement cannot be read come back: they are in no index.
func Index(repository string) (left []string, err error) {
	entries, left, err := scan(repository)
	if err != nil {
		return left, err
	}
	all := page{Title: "Results 结果", Entries: entries}
	for _, by := range []struct {
		of   func(Entry) string
		path func(name string) string
		up   string
	}{
		{func(e Entry) string { return e.System }, func(n string) string { return certify.Segment(n) + "/README.md" }, "../"},
		{func(e Entry) string { return e.Chip }, func(n string) string { return "chips/" + certify.Segment(n) + ".md" }, "../"},
	} {
		for _, name := range names(entries, by.of) {
			p := page{Title: name, Up: by.up}
			for _, e := range entries {
				if by.of(e) == name {
					p.Entries = append(p.Entries, e)
				}
			}
			all.Groups = append(all.Groups, group{name, by.path(name)})
			if err := p.write(filepath.Join(repository, filepath.FromSlash(by.path(name)))); err != nil {
				return left, err
			}
		}
	}
	return left, all.write(filepath.Join(repository, "README.md"))
}

func names(entries []Entry, of func(Entry) string) []string {
	var out []string
	for _, e := range entries {
		out = append(out, of(e))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// scan finds every certificate, the newest first.
func scan(repository string) (entries []Entry, left []string, err error) {
	err = filepath.WalkDir(repository, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && p != repository:
			return fs.SkipDir
		case d.IsDir() || d.Name() != certify.StatementFile:
			return nil
		}
		rel, err := filepath.Rel(repository, filepath.Dir(p))
		if err != nil {
			return err
		}
		c, err := certify.ReadClaim(filepath.Dir(p))
		if err != nil {
			left = append(left, rel)
			return nil
		}
		entries = append(entries, Entry{Path: path.Clean(filepath.ToSlash(rel)), System: System(c), Chip: Chip(c), Claim: c})
		return nil
	})
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.Claim.Issued.Compare(a.Claim.Issued), cmp.Compare(a.Path, b.Path))
	})
	return entries, left, err
}

func (p page) write(to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := temporary.File(filepath.Dir(to), ".index-*")
	if err != nil {
		return err
	}
	defer temporary.Remove(out.Name())
	if err := errors.Join(index.Execute(out, p), out.Chmod(0o644), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}
