package publish

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/markdown"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

//go:embed index.md.tmpl
var indexText string

var index = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("index").Funcs(template.FuncMap{"plain": markdown.Plain}).Parse(indexText))
})

// Entry is one certificate of the repository. Its folder verifies.
type Entry struct {
	Path         string // from the repository, with slashes
	System, Chip string
	Machine      string      // the machine's name; "" if it has none
	Claim        claim.Claim // as the evidence shows
	Signed       bool        // whether the trusted root issued the signer's certificate
}

// Level returns the level of the certificate, or a dash, and how many specs are known and waivers widened.
func (e Entry) Level() string {
	s := cmp.Or(string(e.Claim.Level), "—")
	if n := e.Claim.Verdicts[record.Known]; n > 0 {
		s += fmt.Sprintf(", %d known 已知", n)
	}
	if !e.Claim.Waivers.Shipped {
		s += fmt.Sprintf(", NOT the shipped waivers 豁免并非随程序发布: %d widened 放宽", e.Claim.Widened)
	}
	return s
}

// Rulebook returns the profile of the level.
func (e Entry) Rulebook() string { return e.Claim.Rulebook().In("zh") + " " + e.Claim.Rulebook().En }

// Product returns the machine's maker and product, from its firmware.
func (e Entry) Product() string {
	if e.Claim.Machine == nil || e.Claim.Provenance != record.Native {
		return ""
	}
	return e.Claim.Machine.Board
}

// Signer returns the name of the signer; "" if it is not proved.
func (e Entry) Signer() string {
	if !e.Signed {
		return "not proved by whom 签发者未经证明"
	}
	return e.Claim.Signer
}

// Link returns the address of the certificate's folder.
func (e Entry) Link() string {
	return strings.NewReplacer("(", "%28", ")", "%29").Replace((&url.URL{Path: e.Path}).EscapedPath())
}

// Left is a folder of the repository that is in no index, with the reason.
type Left struct {
	Path string
	Why  record.Sentence
}

// indexPage is one index: a list of certificates, and the path from it to the repository's root.
type indexPage struct {
	Title   string
	Up      string
	Groups  []group
	Entries []Entry
}

// group is a link to another index.
type group struct{ Name, Path string }

// Index writes the pages of a repository: one for each system, one for each chip, and one for all. It verifies each
// folder first, whoever put it there, and returns those that do not verify, which are in no index. It returns an error if
// a page cannot be written.
func Index(repository string, by certify.Reader) (left []Left, err error) {
	entries, left, err := scan(repository, by)
	if err != nil {
		return left, err
	}
	all := indexPage{Title: "Results 结果", Entries: entries}
	for _, by := range []struct {
		of   func(Entry) string
		path func(name string) string
		up   string
	}{
		{func(e Entry) string { return e.System }, func(n string) string { return certify.Segment(n) + "/README.md" }, "../"},
		{func(e Entry) string { return e.Chip }, func(n string) string { return "chips/" + certify.Segment(n) + ".md" }, "../"},
	} {
		for _, name := range names(entries, by.of) {
			p := indexPage{Title: name, Up: by.up}
			for _, e := range entries {
				if by.of(e) == name {
					p.Entries = append(p.Entries, e)
				}
			}
			all.Groups = append(all.Groups, group{name, by.path(name)})
			if err := p.write(repository, filepath.Join(repository, filepath.FromSlash(by.path(name)))); err != nil {
				return left, err
			}
		}
	}
	return left, errors.Join(all.write(repository, filepath.Join(repository, "README.md")), writePage(repository, entries))
}

// names returns the different values of a property, sorted.
func names(entries []Entry, of func(Entry) string) []string {
	var out []string
	for _, e := range entries {
		out = append(out, of(e))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// scan finds and verifies every certificate, the newest first.
func scan(repository string, by certify.Reader) (entries []Entry, left []Left, err error) {
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
		e, why := examine(filepath.Dir(p), by)
		e.Path = path.Clean(filepath.ToSlash(rel))
		own := certify.Segment(e.System) + "/" + certify.Segment(e.Chip)
		if below, ok := strings.CutPrefix(path.Dir(e.Path), own+"/"); ok && !strings.Contains(below, "/") {
			e.Machine, own = below, own+"/"+below
		}
		if why == nil && path.Dir(e.Path) != own {
			s := record.Sayf("it is of %s and lies elsewhere", "它属于 %s，却位于别处", own)
			why = &s
		}
		if why != nil {
			left = append(left, Left{Path: e.Path, Why: *why})
			return nil
		}
		entries = append(entries, e)
		return nil
	})
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.Claim.Issued.Compare(a.Claim.Issued), cmp.Compare(a.Path, b.Path))
	})
	return entries, left, err
}

// examine verifies a folder: with the trusted root, or else by itself alone; if the signer's certificate has expired, as
// of the day of issue. It returns the reason if the folder does not verify.
func examine(dir string, by certify.Reader) (e Entry, why *record.Sentence) {
	c, err := certify.ReadClaim(dir)
	if err != nil {
		s := record.Sayf("its statement cannot be read: %v", "无法读取其声明：%v", err)
		return e, &s
	}
	then, alone := by, by
	then.At = c.Issued
	alone.Root = nil
	both := then
	both.Root = nil
	for _, r := range []certify.Reader{by, then, alone, both} {
		v, err := certify.Verify(dir, r)
		switch {
		case err != nil:
			s := record.Sayf("%v", "%v", err)
			return e, &s
		case v.OK() && v.Result != nil:
			return Entry{System: System(*v.Result), Chip: Chip(*v.Result), Claim: *v.Result, Signed: r.Root != nil}, nil
		case !v.OK():
			s := record.Sayf("%s: %s", "%s：%s", v.Problems[0].File, v.Problems[0].What)
			why = &s
		}
	}
	return e, why
}

// write writes the index into a file.
func (p indexPage) write(repository, to string) error {
	return write(repository, to, func(w io.Writer) error { return index().Execute(w, p) })
}

// write writes a file of the repository, whole or not at all.
func write(repository, to string, content func(io.Writer) error) error {
	if err := within(repository, filepath.Dir(to)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := temporary.File(filepath.Dir(to), ".index-*")
	if err != nil {
		return err
	}
	defer temporary.Remove(out.Name())
	if err := errors.Join(content(out), out.Chmod(0o644), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}
