package serve

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/internal/browser"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// two are a site with a run of its own, and one that lies elsewhere in a pack.
func two(t *testing.T) (*httptest.Server, []string) {
	t.Helper()
	machine := func(run, goarch, chip string) string {
		return trial.Dir(t, trial.Shape{Run: run, Items: []string{"abi", "disk"}, Specs: 3, Rounds: 5, Targets: []trial.Target{{Provenance: record.Native,
			Target: store.Target{ID: "native", GOOS: "linux", GOARCH: goarch, Chip: chip, System: "kylin-v10-sp3", Launcher: "native", BuildKey: "k"}}}})
	}
	own := machine("20261121-080001-aaaa", "arm64", "kunpeng-920")
	packed := filepath.Join(t.TempDir(), "3a6000.xcr")
	if _, err := store.Pack(machine("20261121-080002-bbbb", "loong64", "3a6000"), packed); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(Site{Runs: filepath.Dir(own), Certificates: t.TempDir(), Lang: "en", Extra: []string{packed}, Chip: func(string) bool { return true },
		Judge: func(r *store.Run) (triage.Result, error) { return triage.Apply(r, planted(t), trial.Began), nil }}.Handler())
	t.Cleanup(s.Close)
	return s, []string{filepath.Base(own), "3a6000.xcr"}
}

func TestHome(t *testing.T) {
	s, names := two(t)
	for range 2 { // the second time from memory
		_, body, _ := get(t, s.URL+"/", "")
		for _, want := range append(names, "kunpeng-920", "kylin-v10-sp3", `<strong class="bad">1</strong>`, "/runs/3a6000.xcr", `<span lang="en">fail</span>`) {
			if !strings.Contains(body, want) {
				t.Errorf("%q is not on the first page: %s", want, body)
			}
		}
	}
}

func TestJointPage(t *testing.T) {
	s, names := two(t)
	for path, want := range map[string]string{
		"/joint?run=" + names[0] + "&run=" + names[1]: "fails on 3a6000, passes on kunpeng-920",
		"/joint?run=" + names[1]:                      "20261121-080002-bbbb",
		"/joint":                                      "choose some runs",
		"/joint?run=" + strings.Repeat("a&run=", 100): "choose some runs",
		"/runs/3a6000.xcr":                            "20261121-080002-bbbb",
	} {
		if _, body, _ := get(t, s.URL+path, ""); !strings.Contains(body, want) {
			t.Errorf("%s: %.500s", path, body)
		}
	}
	for _, path := range []string{"/joint?run=absent", "/joint?run=..%2f..%2fetc", "/joint?run=" + names[0] + "&run=%2fetc%2fpasswd"} {
		if code, _, _ := get(t, s.URL+path, ""); code != http.StatusNotFound {
			t.Errorf("%s: %d", path, code)
		}
	}
	if code, body, _ := get(t, s.URL+"/joint?reference=nobody&run="+names[0], ""); code != http.StatusInternalServerError || !strings.Contains(body, "nobody") {
		t.Errorf("%d %.300s", code, body)
	}
}

func TestFilters(t *testing.T) {
	s, names := two(t)
	page := func(query string) string {
		_, body, _ := get(t, s.URL+"/runs/"+names[1]+query, "")
		return body[strings.Index(body, "<form"):]
	}
	if body := page(""); !strings.Contains(body, "abi/planted") || !strings.Contains(body, `<div class="chart">`) {
		t.Errorf("%s", body)
	}
	if body := page("?item=disk"); strings.Contains(body, "abi/planted") || !strings.Contains(body, `<option selected>disk`) || !strings.Contains(body, "disk work") {
		t.Errorf("%s", body)
	}
	if body := page("?verdict=pass"); !strings.Contains(body, "group 0 / spec 0") {
		t.Errorf("%s", body)
	}
	if body := page("?target=%3Cscript%3E"); strings.Contains(body, "<script>") || strings.Contains(body, "abi/planted") {
		t.Errorf("%s", body)
	}
}

func TestLanguageOfTheBrowser(t *testing.T) {
	s := Site{Lang: "en"}
	for header, want := range map[string]string{"": "en", "zh-CN,zh;q=0.9,en;q=0.8": "zh", "de-DE,de;q=0.9,zh;q=0.5": "zh", "en-GB": "en", "fr": "en", "ZH": "zh"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", header)
		if got := s.language(r); got != want {
			t.Errorf("%q: %s", header, got)
		}
	}
}

// A certificate stands beside the target that it is of.
func TestCertificatesBesideTargets(t *testing.T) {
	v := view{}
	v.certified([]listed{{Run: "r", Target: "native", Link: "/c"}, {Run: "r", Target: "arm64", Problem: "broken"}, {Run: "other", Target: "loong64"}}, "r")
	if len(v.Folders) != 1 || v.Folders["native"].Link != "/c" {
		t.Errorf("%+v", v.Folders)
	}
}

// In a browser no page runs over an edge, from phone to wide screen.
func TestPagesInABrowser(t *testing.T) {
	program := browser.Find(t)
	s, names := two(t)
	for _, path := range []string{"/", "/runs/" + names[0], "/joint?run=" + names[0] + "&run=" + names[1]} {
		_, body, _ := get(t, s.URL+path, "")
		for _, width := range []int{360, 1280, 1920} {
			browser.Fits(t, program, body, width)
		}
	}
}
