package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

func serve(t *testing.T, runDir, certificates string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(Site{Runs: filepath.Dir(runDir), Certificates: certificates, Lang: "zh",
		Judge: func(r *store.Run) (triage.Result, error) { return triage.Apply(r, nil, trial.Began), nil }}.Handler())
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
	if err := os.Symlink(outside, filepath.Join(certificates, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(certificates, "own.txt"), []byte("own"), 0o600); err != nil {
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
		{"/runs/absent", 404, ""},
		{"/runs/..%2f..%2fetc", 404, ""},
		{"/runs/" + run + "/manifest.json", 404, ""},
		{"/certificates/own.txt", 200, "own"},
		{"/certificates/link", 404, ""},
		{"/certificates/..%2fsecret", 404, ""},
		{"/certificates/", 404, ""},
		{"/live.js", 200, "EventSource"},
	} {
		code, body, head := get(t, s.URL+c.path, "")
		if code != c.code || !strings.Contains(body, c.says) || strings.Contains(body, "<script>alert") {
			t.Errorf("%s: %d, %.200s", c.path, code, body)
		}
		if !strings.HasPrefix(head.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", c.path, head)
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
