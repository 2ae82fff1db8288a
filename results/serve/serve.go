// Package serve shows runs, their progress and their certificates in a browser on the same machine.
package serve

import (
	_ "embed"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/pack"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/render/page"
	"github.com/xcmatrix/xcmatrix/results/report"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// Site is the site's content.
type Site struct {
	Runs         string // the directory of runs
	Certificates string // the directory of certificates
	Lang         string // the language that pages show first
	Judge        func(*store.Run) (triage.Result, error)
	Waivers      func() (waiver.List, error) // for verdicts of a run that has not ended
	Names        func(item string) record.Sentence
	Chip         func(id string) bool // reports whether the catalogue has the chip; nil for none
	Extra        []string             // directories and packs of runs elsewhere, which are listed first

	Verify func(dir string) (*certify.Verification, error) // verifies a certificate's folder; nil: none is
	Rooted bool                                            // whether Verify knows a root that the reader trusts

	cache         *cache
	verifications *verifications
}

// maxStreams is the largest number of live pages that receive events at a time. A browser opens six connections to one
// host, and the site is for one person.
const maxStreams = 32

// policy is the content security policy of the pages that this program makes: they may run its own script and send
// requests to its own server only.
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src data:; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// certificatePolicy is the policy of a certificate's page, which anybody may have written: an origin of its own without
// any script, so that it can read nothing of this site.
const certificatePolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

//go:embed pages.html
var pagesText string

//go:embed live.js
var live string

var pages = sync.OnceValue(func() *template.Template {
	functions := page.Functions()
	functions["level"] = func(l profile.Level) template.HTML { return page.Both(l.Name()) }
	functions["bar"] = func(c document.Chart, b document.Bar) template.HTML { return page.Bar(c.Span(b)) }
	t := template.New("pages").Funcs(functions).Funcs(report.Functions())
	return template.Must(template.Must(t.Parse(pagesText)).Parse(report.Body()))
})

// Handler returns the handler of the site. It answers only requests that name a loopback address as their host, so that
// no other site can read it through a name of its own (DNS rebinding).
func (s Site) Handler() http.Handler {
	s.cache, s.verifications = &cache{known: map[string]summary{}}, newVerifications()
	mux := http.NewServeMux()
	streams := make(chan struct{}, maxStreams)
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /runs/{run}", s.run)
	mux.HandleFunc("GET /joint", s.joint)
	mux.HandleFunc("GET /runs/{run}/events", func(w http.ResponseWriter, r *http.Request) {
		select {
		case streams <- struct{}{}:
			defer func() { <-streams }()
			s.events(w, r)
		default:
			w.Header().Set("Retry-After", "10")
			http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /live.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write([]byte(live))
	})
	mux.HandleFunc("GET /certificates/{run}/{target}/{file}", s.certificate)
	return guard(mux)
}

// Loopback reports whether an address to listen on can be reached from this machine only.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// guard returns a handler that refuses other hosts and sets headers for security.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), "80")
		}
		if !Loopback(host) {
			http.Error(w, "only on this machine", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// certificates lists the folders with a statement, the newest run first, with the level of those that verify.
func (s Site) certificates(lang string) []listed {
	paths, err := filepath.Glob(filepath.Join(s.Certificates, "*", "*", certify.StatementFile))
	if err != nil {
		return nil
	}
	var out []listed
	for _, path := range slices.Backward(paths) {
		dir := filepath.Dir(path)
		rel, err := filepath.Rel(s.Certificates, dir)
		if err != nil {
			continue
		}
		run, target := filepath.Split(rel)
		l := listed{dir: dir, Name: filepath.ToSlash(rel), Run: filepath.Clean(run), Target: target, Link: (&url.URL{Path: "/certificates/" + filepath.ToSlash(rel) + "/certificate.html"}).String()}
		if c, err := certify.ReadClaim(dir); err != nil {
			l.Problem = words(err, lang)
		} else {
			l.Claimed = c.Level
		}
		out = append(out, l)
	}
	s.verify(out, lang)
	return out
}

// dir returns the directory or pack of the run in the address; false if there is none.
func (s Site) dir(r *http.Request) (string, bool) {
	return s.find(r.PathValue("run"))
}

// find returns the path of the run with a name; false if the name is not that of a run in the directory of runs or in
// Extra.
func (s Site) find(name string) (string, bool) {
	for _, path := range s.Extra {
		if filepath.Base(path) == name {
			return path, true
		}
	}
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return "", false
	}
	path := filepath.Join(s.Runs, name)
	if pack.Named(name) && store.IsRun(path) {
		return path, true
	}
	dir, err := store.Find(s.Runs, path+string(filepath.Separator))
	return dir, err == nil
}

// run shows the page of a run.
func (s Site) run(w http.ResponseWriter, r *http.Request) {
	dir, ok := s.dir(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	lang := s.language(r)
	run, err := store.Load(dir)
	if err != nil {
		s.problem(w, err, lang)
		return
	}
	waiting := setAside(run)
	found, err := s.Judge(run)
	if err != nil {
		s.problem(w, err, lang)
		return
	}
	s.Lang = lang
	v := newView(s, run, found, waiting)
	v.narrow(r.URL.Query())
	v.certified(s.certificates(lang), run.Manifest.Run)
	s.page(w, "run", v)
}

// problem shows a page with an error.
func (s Site) problem(w http.ResponseWriter, err error, lang string) {
	w.WriteHeader(http.StatusInternalServerError)
	s.page(w, "problem", struct{ Lang, Text string }{lang, words(err, lang)})
}

// words returns an error's text in a language.
func words(err error, lang string) string {
	var p *record.Problem
	if errors.As(err, &p) {
		return p.In(lang)
	}
	return err.Error()
}

// page writes a page. Errors are of a browser that has closed the connection.
func (s Site) page(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pages().ExecuteTemplate(w, name, data)
}

// shown are the files of a certificate that are served, with their types. Other files in a folder are not, because
// anybody may have put them there.
var shown = map[string]string{
	"certificate.html": "text/html; charset=utf-8", "certificate.md": "text/plain; charset=utf-8", "certificate.pdf": "application/pdf",
	"summary.csv": "text/csv; charset=utf-8", "summary.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"junit.xml": "text/plain; charset=utf-8", "bench.txt": "text/plain; charset=utf-8",
	"profile.yaml": "text/plain; charset=utf-8", "waivers.yaml": "text/plain; charset=utf-8",
	"manifest.json": "application/json", "seal.json": "application/json", "statement.dsse.json": "application/json",
	"results.ndjson.gz": "application/gzip", "chain.pem": "application/x-pem-file",
}

// certificate serves a file of a certificate under certificatePolicy. It follows no links.
func (s Site) certificate(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	kind, ok := shown[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	root, err := os.OpenRoot(s.Certificates)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	path := filepath.Join(r.PathValue("run"), r.PathValue("target"), name)
	f, err := regular.OpenIn(root, path, regular.MaxJournal)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", certificatePolicy)
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, name, info.ModTime(), f)
}
