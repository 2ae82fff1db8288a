package publish

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

var now = trial.Began.Add(time.Hour)

func issue(t *testing.T, by identity.Signer, targets []trial.Target) []certify.Issued {
	t.Helper()
	p, err := profile.Find("xinchuang-base", nil)
	if err != nil {
		t.Fatal(err)
	}
	o := certify.Order{Run: trial.Load(t, trial.Dir(t, trial.Shape{Targets: targets, Items: trial.Items, Specs: 2})), Profile: p,
		Text: []byte("waivers: []\n"), Signer: by, Now: now, Lang: "en"}
	for _, target := range targets {
		o.Targets = append(o.Targets, target.ID)
	}
	out, err := certify.Issue(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPublish(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "key")
	if err := identity.Create(keys, identity.Request{Name: "Lab", Days: 30, Passphrase: []byte("correct horse"), Now: trial.Began}); err != nil {
		t.Fatal(err)
	}
	by, err := identity.Open(keys, []byte("correct horse"), now)
	if err != nil {
		t.Fatal(err)
	}
	kunpeng := trial.Target{Provenance: record.Native, Target: store.Target{ID: "lab", GOOS: "linux", GOARCH: "arm64", Chip: "kunpeng-920", System: "../kylin | [x](y)", BuildKey: "k", Launcher: "native"}}
	repository := filepath.Join(t.TempDir(), "repo")
	var places []string
	for _, i := range append(issue(t, by, []trial.Target{kunpeng, trial.Base[2]}), issue(t, by, []trial.Target{kunpeng})...) {
		for range 2 { // the second time it is there already
			place, v, err := Put(repository, i.Dir, "", certify.Reader{Root: by.Chain.Root, At: now})
			if err != nil || !v.OK() {
				t.Fatalf("%v %+v", err, v)
			}
			rel, err := filepath.Rel(repository, place)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(places); n == 0 || places[n-1] != rel {
				places = append(places, rel)
			}
			if v, err := certify.Verify(place, certify.Reader{Root: by.Chain.Root, At: now}); err != nil || !v.OK() {
				t.Errorf("the copy: %v %+v", err, v)
			}
		}
	}
	system := certify.Segment("../kylin | [x](y)")
	want := []string{system + "/kunpeng-920/2026-11-21", "emulated/emulated-loong64-la464/2026-11-21", system + "/kunpeng-920/2026-11-21.2"}
	if strings.Join(places, " ") != strings.Join(want, " ") {
		t.Errorf("%v, want %v", places, want)
	}
	if err := os.MkdirAll(filepath.Join(repository, "broken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(repository, "broken", certify.StatementFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	for _, link := range []string{"chips", system, filepath.Join(system, "kunpeng-920")} {
		t.Run("a link for "+filepath.Base(link), func(t *testing.T) {
			hostile := t.TempDir()
			if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(hostile, link)), 0o755), os.Symlink(outside, filepath.Join(hostile, link))); err != nil {
				t.Fatal(err)
			}
			_, _, err := Put(hostile, filepath.Join(repository, system, "kunpeng-920", "2026-11-21"), "", certify.Reader{Root: by.Chain.Root, At: now})
			if err == nil {
				_, err = Index(hostile, certify.Reader{Root: by.Chain.Root, At: now})
			}
			if err == nil || !strings.Contains(err.Error(), link+": it is no directory of the repository, but a symbolic link: remove it") {
				t.Errorf("%v", err)
			}
			if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
				t.Errorf("written outside: %v %v", entries, err)
			}
		})
	}
	left, err := Index(repository, certify.Reader{Root: by.Chain.Root, At: now})
	if err != nil || len(left) != 1 || left[0].Path != "broken" || !strings.Contains(left[0].Why.En, "its statement cannot be read") {
		t.Errorf("%v %v", left, err)
	}
	for name, rows := range map[string]int{"README.md": 3, system + "/README.md": 2, "emulated/README.md": 1, "chips/kunpeng-920.md": 2, "chips/emulated-loong64-la464.md": 1} {
		text, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := strings.Count(string(text), "/certificate.md)"); got != rows || strings.Contains(string(text), "[x](y)") {
			t.Errorf("%s has %d rows, want %d:\n%s", name, got, rows, text)
		}
	}
}

func TestPublishRefusesWhatDoesNotVerify(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "key")
	if err := identity.Create(keys, identity.Request{Name: "Lab", Days: 30, Passphrase: []byte("correct horse"), Now: trial.Began}); err != nil {
		t.Fatal(err)
	}
	by, err := identity.Open(keys, []byte("correct horse"), now)
	if err != nil {
		t.Fatal(err)
	}
	i := issue(t, by, trial.Base[:1])[0]
	if err := os.WriteFile(filepath.Join(i.Dir, "bench.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	repository := filepath.Join(t.TempDir(), "repo")
	if _, v, err := Put(repository, i.Dir, "", certify.Reader{At: now}); err != nil || v.OK() {
		t.Errorf("%v %+v", err, v)
	}
	if _, err := os.Stat(repository); err == nil {
		t.Error("something was written")
	}
}
