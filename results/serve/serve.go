// Package serve shows runs, their progress and their certificates in a browser on the same machine.
package serve

import (
	_ "embed"
	"errors"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/render/html"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// Site is what is shown.
type Site struct {
	Runs         string // the directory of runs
	Certificates string // the directory of certificates
	Lang         string // the language that pages open in
	Judge        func(*store.Run) (triage.Result, error)
	Names        func(item string) record.Sentence
}

//go:embed pages.html
var pagesText string

//go:embed live.js
var live string

var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("pages").Funcs(html.Functions()).Parse(pagesText))
})

// Handler is the site. It answers only requests that name a loopback address as their host, so that no page elsewhere
// can read it through a name of its own (DNS rebinding).
func (s Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /runs/{run}", s.run)
	mux.HandleFunc("GET /runs/{run}/events", s.events)
	mux.HandleFunc("GET /live.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write([]byte(live))
	})
	mux.HandleFunc("GET /certificates/{path...}", s.certificate)
	return guard(mux)
}

// Loopback reports whether an address to listen on is this machine alone.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

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
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src data:")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// listed is one run, or one certificate, of the index.
type listed struct {
	Name    string
	Link    string
	Level   profile.Level
	Ended   bool
	Problem string
}

func (s Site) index(w http.ResponseWriter, _ *http.Request) {
	s.page(w, "index", struct {
		Lang               string
		Runs, Certificates []listed
	}{s.Lang, s.runs(), s.certificates()})
}

// runs lists the runs, the newest first.
func (s Site) runs() []listed {
	entries, err := os.ReadDir(s.Runs)
	if err != nil {
		return nil
	}
	var out []listed
	for _, e := range slices.Backward(entries) {
		if e.IsDir() {
			seal, err := store.Sealed(filepath.Join(s.Runs, e.Name()))
			out = append(out, listed{Name: e.Name(), Link: "/runs/" + e.Name(), Ended: err == nil && seal})
		}
	}
	return out
}

// certificates lists the folders with a statement, the newest run first.
func (s Site) certificates() []listed {
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
		l := listed{Name: filepath.ToSlash(rel), Link: "/certificates/" + filepath.ToSlash(rel) + "/certificate.html"}
		if c, err := certify.ReadClaim(dir); err != nil {
			l.Problem = err.Error()
		} else {
			l.Level = c.Level
		}
		out = append(out, l)
	}
	return out
}

// dir is a run's directory; nothing but a name in the directory of runs is one.
func (s Site) dir(r *http.Request) (string, bool) {
	name := r.PathValue("run")
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return "", false
	}
	dir, err := store.Find(s.Runs, filepath.Join(s.Runs, name)+string(filepath.Separator))
	return dir, err == nil
}

func (s Site) run(w http.ResponseWriter, r *http.Request) {
	dir, ok := s.dir(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	run, err := store.Load(dir)
	if err != nil {
		s.problem(w, err)
		return
	}
	found, err := s.Judge(run)
	if err != nil {
		s.problem(w, err)
		return
	}
	s.page(w, "run", view{Lang: s.Lang, Report: render.New(run, found.Findings, s.Lang), Triage: found.Findings, Names: s.Names, Ended: run.Seal != nil})
}

func (s Site) problem(w http.ResponseWriter, err error) {
	text := err.Error()
	var p *record.Problem
	if errors.As(err, &p) {
		text = p.In(s.Lang)
	}
	w.WriteHeader(http.StatusInternalServerError)
	s.page(w, "problem", struct{ Lang, Text string }{s.Lang, text})
}

// page writes a page. The template cannot fail; a browser that has gone away can.
func (s Site) page(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pages().ExecuteTemplate(w, name, data)
}

// certificate serves a certificate's file, and nothing that a link in the folder leads to elsewhere.
func (s Site) certificate(w http.ResponseWriter, r *http.Request) {
	root, err := os.OpenRoot(s.Certificates)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	path := r.PathValue("path")
	if info, err := fs.Stat(root.FS(), path); err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	http.ServeFileFS(w, r, root.FS(), path)
}
