package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/internal/browser"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// planted waives what trial plants in one item.
func planted(t *testing.T) waiver.List {
	t.Helper()
	l, err := waiver.Parse("w.yaml", []byte("waivers: [{finding: disk/planted, owner: o, reason: r, link: 'https://example.org/1', expires: 2999-01-01}]"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func serve(t *testing.T, runDir, certificates string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(Site{Runs: filepath.Dir(runDir), Certificates: certificates, Lang: "zh",
		Judge:   func(r *store.Run) (triage.Result, error) { return triage.Apply(r, planted(t), trial.Began), nil },
		Waivers: func() (waiver.List, error) { return planted(t), nil }}.Handler())
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, url, host string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body), answer.Header
}

func TestPages(t *testing.T) {
	odd := "<script>alert(1)</script>"
	dir := trial.Dir(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 12, Odd: odd})
	certificates := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(certificates, "run", "native")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"certificate.html": "own", "evil.js": "evil", "index.html": "evil"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(folder, "bench.txt")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(folder, "junit.xml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(certificates, "run", "away")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(outside), "certificate.md"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir, certificates)
	run := filepath.Base(dir)
	for _, c := range []struct {
		path string
		code int
		says string
	}{
		{"/", 200, run},
		{"/runs/" + run, 200, "fails on loong64 (emulated), passes on native"},
		{"/runs/latest", 200, "planted"},
		{"/runs/latest", 200, `<span lang="zh">平台</span>`},
		{"/runs/latest", 200, `<span lang="zh">模拟</span>`},
		{"/runs/absent", 404, ""},
		{"/runs/..%2f..%2fetc", 404, ""},
		{"/runs/" + run + "/manifest.json", 404, ""},
		{"/certificates/run/native/certificate.html", 200, "own"},
		{"/certificates/run/native/evil.js", 404, ""},
		{"/certificates/run/native/index.html", 404, ""},
		{"/certificates/run/native/bench.txt", 404, ""},   // a link
		{"/certificates/run/native/junit.xml", 404, ""},   // a pipe, which nobody writes to
		{"/certificates/run/native/summary.csv", 404, ""}, // absent
		{"/certificates/run/away/certificate.md", 404, ""},
		{"/certificates/run/..%2f..%2fsecret/certificate.md", 404, ""},
		{"/certificates/", 404, ""},
		{"/live.js", 200, "EventSource"},
	} {
		code, body, head := get(t, s.URL+c.path, "")
		if code != c.code || !strings.Contains(body, c.says) || strings.Contains(body, "<script>alert") {
			t.Errorf("%s: %d, %.200s", c.path, code, body)
		}
		rules := head.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "form-action ", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(rules, want) {
				t.Errorf("%s: the policy %q lacks %s", c.path, rules, want)
			}
		}
		if certificate := strings.HasPrefix(c.path, "/certificates/") && c.code == 200; certificate != strings.HasPrefix(rules, "sandbox;") ||
			certificate && strings.Contains(rules, "script-src") {
			t.Errorf("%s: the policy is %q", c.path, rules)
		}
	}
	for host, code := range map[string]int{"localhost:1": 200, "127.0.0.1": 200, "[::1]:80": 200, "evil.example:80": 403, "10.0.0.1": 403} {
		if got, _, _ := get(t, s.URL+"/", host); got != code {
			t.Errorf("host %s: %d", host, got)
		}
	}
}

func TestDamagedRunSaysSo(t *testing.T) {
	dir := trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 2})
	path := filepath.Join(dir, "journal.ndjson")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[200] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	code, body, _ := get(t, serve(t, dir, t.TempDir()).URL+"/runs/latest", "")
	if code != 500 || !strings.Contains(body, "journal.ndjson:1") {
		t.Errorf("%d %.300s", code, body)
	}
}

// A run that cannot be shown is listed as broken, and the others are as they are.
func TestBrokenRunsAreListed(t *testing.T) {
	dir := trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 2})
	runs := filepath.Dir(dir)
	sound, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(manifest string) error{
		"a-empty":      func(string) error { return nil },
		"b-damaged":    func(manifest string) error { return os.WriteFile(manifest, []byte("{"), 0o600) },
		"c-pipe":       func(manifest string) error { return syscall.Mkfifo(manifest, 0o600) },
		"d-no-journal": func(manifest string) error { return os.WriteFile(manifest, sound, 0o600) },
	} {
		broken := filepath.Join(runs, name)
		if err := errors.Join(os.Mkdir(broken, 0o755), spoil(filepath.Join(broken, "manifest.json"))); err != nil {
			t.Fatal(err)
		}
	}
	site := serve(t, dir, t.TempDir())
	_, body, _ := get(t, site.URL+"/", "")
	if n := strings.Count(body, "<span class=\"bad\">"); n != 4 {
		t.Errorf("%d runs are listed as broken, not 4: %s", n, body)
	}
	if code, _, _ := get(t, site.URL+"/runs/c-pipe", ""); code == http.StatusOK {
		t.Error("a pipe was shown as a run")
	}
}

// What has no verdict yet is pending on the page of a run that goes on, and what waivers cover is folded.
func TestPageOfARunThatGoesOn(t *testing.T) {
	dir := trial.Dir(t, trial.Shape{Targets: trial.Base, Items: []string{"abi", "disk"}, Specs: 3, Open: true})
	run := trial.Load(t, dir)
	cell := run.Cells[len(run.Cells)-1] // disk on loong64
	for _, s := range cell.Specs[3:] {
		s.Ended, s.Verdict = false, record.Error
	}
	waiting := setAside(run)
	v := newView(Site{}, run, triage.Apply(run, planted(t), trial.Began), waiting)
	if got := v.Pending("disk", "loong64"); got != 1 || v.Counts("disk", "loong64")[record.Error] != 0 || v.Total() != 24 {
		t.Errorf("%d pending, %v of %d", got, v.Counts("disk", "loong64"), v.Total())
	}
	if slices.ContainsFunc(v.Bad(), func(s render.SpecRow) bool { return s.Verdict == record.Error || s.Verdict == record.Known }) {
		t.Errorf("not in order: %+v", v.Bad())
	}
	if len(v.Open) != 1 || v.Open[0].ID != "abi/planted" || len(v.Known) != 1 || v.Known[0].ID != "disk/planted" {
		t.Errorf("open %v, known %v", v.Open, v.Known)
	}
	_, body, _ := get(t, serve(t, dir, t.TempDir()).URL+"/runs/latest", "")
	open, folded, found := strings.Cut(body, "<details>")
	if !found || !strings.Contains(open, "abi/planted") || strings.Contains(open, "disk/planted") || !strings.Contains(folded, "disk/planted") {
		t.Errorf("the known finding is not folded: %s", body)
	}
}

// The live line counts known failures as known, and what is left as pending.
func TestProgressKnowsWaivers(t *testing.T) {
	dir := trial.Dir(t, trial.Shape{Targets: trial.Base, Items: []string{"disk"}, Specs: 3, Open: true})
	in, err := store.OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	list := planted(t)
	tail, err := Site{Waivers: func() (waiver.List, error) { return list, nil }}.tail(dir, in)
	if err != nil {
		t.Fatal(err)
	}
	if p := tail.soFar(); p.Pending != 12 || p.Counts.En != "12 pending" || p.Counts.Zh != "12 待运行" {
		t.Errorf("before the first verdict: %+v", p)
	}
	if err := tail.read(); err != nil {
		t.Fatal(err)
	}
	if p := tail.soFar(); p.Verdicts[record.Known] != 1 || p.Verdicts[record.Fail] != 0 || p.Pending != 0 || p.Counts.En != "1 known  11 pass" {
		t.Errorf("%+v", p)
	}
}

// A script that lies in a certificate's folder does not run, so that it cannot read the list of runs. Without the policy
// it does.
func TestScriptOfACertificateDoesNotRun(t *testing.T) {
	program := browser.Find(t)
	dir := trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: []string{"abi"}, Specs: 2})
	certificates := t.TempDir()
	folder := filepath.Join(certificates, "run", "native")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	const page = `<!doctype html><title>still</title><script>
const r = new XMLHttpRequest(); r.open("GET", "/", false); r.send(); document.title = "read " + r.status</script>`
	if err := os.WriteFile(filepath.Join(folder, "certificate.html"), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	site := Site{Runs: filepath.Dir(dir), Certificates: certificates, Lang: "en",
		Judge: func(r *store.Run) (triage.Result, error) { return triage.Apply(r, nil, trial.Began), nil }}.Handler()
	for name, c := range map[string]struct {
		handler http.Handler
		title   string
	}{
		"with its policy": {site, "<title>still</title>"},
		"without": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			site.ServeHTTP(withoutPolicy{w}, r)
		}), "<title>read 200</title>"},
	} {
		server := httptest.NewServer(c.handler)
		dom := browser.Visit(t, program, "--dump-dom", server.URL+"/certificates/run/native/certificate.html")
		server.Close()
		if !strings.Contains(dom, c.title) {
			t.Errorf("%s: %s", name, dom)
		}
	}
}

// withoutPolicy leaves the policy out of an answer.
type withoutPolicy struct{ http.ResponseWriter }

func (w withoutPolicy) WriteHeader(code int) {
	w.Header().Del("Content-Security-Policy")
	w.ResponseWriter.WriteHeader(code)
}

// The page of a run that goes on fills its line by itself, in both languages.
func TestLivePageInABrowser(t *testing.T) {
	program := browser.Find(t)
	dir := trial.Dir(t, trial.Shape{Targets: trial.Base, Items: []string{"disk"}, Specs: 3, Open: true})
	site := Site{Runs: filepath.Dir(dir), Lang: "zh", Waivers: func() (waiver.List, error) { return planted(t), nil },
		Judge: func(r *store.Run) (triage.Result, error) { return triage.Apply(r, planted(t), trial.Began), nil }}.Handler()
	var streams atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			if streams.Add(1) > 1 { // a browser that waits for the stream's end never prints the page
				w.WriteHeader(http.StatusNoContent)
				return
			}
			ctx, cancel := context.WithTimeout(r.Context(), every/2)
			defer cancel()
			r = r.WithContext(ctx)
		}
		site.ServeHTTP(w, r)
	}))
	defer server.Close()
	dom := browser.Visit(t, program, "--virtual-time-budget=8000", "--dump-dom", server.URL+"/runs/latest")
	for _, want := range []string{`<span lang="en">12 / 12  1 known  11 pass  `, `<span lang="zh">12 / 12  1 已知  11 通过  `} {
		if !strings.Contains(dom, want) {
			t.Errorf("%s is not in %s", want, dom)
		}
	}
}

// A page more than there may be is refused, and the others go on.
func TestStreamsAreLimited(t *testing.T) {
	dir := trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: []string{"abi"}, Specs: 2, Open: true})
	s := serve(t, dir, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	open := func() *http.Response {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/runs/latest/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	for n := range maxStreams {
		if code := open().StatusCode; code != http.StatusOK {
			t.Fatalf("stream %d: %d", n, code)
		}
	}
	if code := open().StatusCode; code != http.StatusServiceUnavailable {
		t.Errorf("one too many: %d", code)
	}
	if code, _, _ := get(t, s.URL+"/", ""); code != http.StatusOK {
		t.Errorf("the list of runs: %d", code)
	}
}

// A page that looks on is told of each verdict, and of the end.
func TestEvents(t *testing.T) {
	dir := trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: []string{"abi"}, Specs: 2, Open: true})
	s := serve(t, dir, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/runs/latest/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Error(got)
	}
	lines := bufio.NewScanner(answer.Body)
	next := func() (event, data string) {
		for lines.Scan() {
			if v, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = v
			}
			if v, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return event, v
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return "", ""
	}
	event, data := next()
	var p progress
	if err := json.Unmarshal([]byte(data), &p); err != nil || event != "progress" || p.Done != 3 || p.Verdicts[record.Pass] != 3 {
		t.Errorf("%s %s %v", event, data, err)
	}
	j, _, err := store.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Seal(); err != nil {
		t.Fatal(err)
	}
	if event, _ := next(); event != "end" {
		t.Errorf("%s, want the end", event)
	}
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:80": true, "[::1]:80": true, "localhost:80": true, ":80": false,
		"0.0.0.0:80": false, "192.0.2.1:80": false, "example.org:80": false, "127.0.0.1": false} {
		if Loopback(address) != want {
			t.Error(address)
		}
	}
}
