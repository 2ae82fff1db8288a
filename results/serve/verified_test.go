package serve

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage"
)

// certified issues a certificate of a made-up run and returns the run, the directory of certificates, the folder, and what
// verifies.
func certified(t *testing.T) (run, certificates, folder string, reader certify.Reader) {
	t.Helper()
	run = trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 4})
	keys, passphrase, now := filepath.Join(t.TempDir(), "key"), []byte("correct horse"), trial.Began.Add(time.Hour)
	if err := identity.Create(keys, identity.Request{Name: "Lab", Days: 30, Passphrase: passphrase, Now: trial.Began}); err != nil {
		t.Fatal(err)
	}
	by, err := identity.Open(keys, passphrase, now)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Find("xinchuang-base", nil)
	if err != nil {
		t.Fatal(err)
	}
	program := claim.Program{Version: trial.Version, Waivers: []byte("waivers: []\n")}
	certificates = t.TempDir()
	out, err := certify.Issue(certificates, certify.Order{Program: program, Run: trial.Load(t, run), Profile: p, Text: program.Waivers, Signer: by, Now: now,
		Lang: "en", Targets: []string{"native"}})
	if err != nil {
		t.Fatal(err)
	}
	return run, certificates, out[0].Dir, certify.Reader{Program: program, Root: by.Chain.Root, At: now}
}

// A level is shown of a folder that verifies, and of no other; a folder is verified once, and again when it was changed.
func TestLevelsAreVerified(t *testing.T) {
	run, certificates, folder, reader := certified(t)
	var times atomic.Int32
	site := Site{Runs: filepath.Dir(run), Certificates: certificates, Lang: "en",
		Judge:  func(r *store.Run) (triage.Result, error) { return triage.Apply(r, nil, trial.Began), nil },
		Verify: func(dir string) (*certify.Verification, error) { times.Add(1); return certify.Verify(dir, reader) }}
	home := func() string {
		t.Helper()
		s := httptest.NewServer(site.Handler())
		defer s.Close()
		var body string
		for end := time.Now().Add(time.Minute); time.Now().Before(end); { // a busy machine verifies longer than a page waits
			if _, body, _ = get(t, s.URL+"/", ""); !strings.Contains(body, "it claims:") {
				break
			}
		}
		get(t, s.URL+"/", "")
		return body
	}
	const badge = `<strong class="good">L2</strong>`
	if body := home(); !strings.Contains(body, badge) || !strings.Contains(body, "verified, but not by whom") || strings.Contains(body, "refused") {
		t.Errorf("the certificate is not shown as verified: %s", body)
	}
	if n := times.Load(); n != 1 {
		t.Errorf("verified %d times", n)
	}
	site.Rooted = true
	if body := home(); strings.Contains(body, "not by whom") || !strings.Contains(body, "已验证") {
		t.Errorf("the signer is known: %s", body)
	}
	site.Verify = nil
	s := httptest.NewServer(site.Handler())
	defer s.Close()
	if _, body, _ := get(t, s.URL+"/", ""); strings.Contains(body, badge) || !strings.Contains(body, "not verified") || !strings.Contains(body, "未验证") {
		t.Errorf("nothing was verified, and yet: %s", body)
	}
	site.Verify = func(dir string) (*certify.Verification, error) { return certify.Verify(dir, reader) }
	if err := os.Rename(folder, filepath.Join(filepath.Dir(folder), "kunpeng")); err != nil {
		t.Fatal(err)
	}
	if body := home(); strings.Contains(body, badge) || !strings.Contains(body, "refused: it is the certificate of run") {
		t.Errorf("the certificate of another target: %s", body)
	}
	page := filepath.Join(filepath.Dir(folder), "kunpeng", "certificate.html")
	if err := os.WriteFile(page, []byte("L3"), 0o600); err != nil {
		t.Fatal(err)
	}
	if body := home(); strings.Contains(body, badge) || !strings.Contains(body, "refused: certificate.html") {
		t.Errorf("a page was changed: %s", body)
	}
}

// A change of a folder is seen, also one that keeps length and time of a file.
func TestStateOfAFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	now := time.Now().Add(-time.Hour)
	write := func(text string) string {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
		return state(dir)
	}
	before := write("a")
	if again := state(dir); again != before {
		t.Errorf("%q, and then %q", before, again)
	}
	time.Sleep(20 * time.Millisecond) // the clock of file systems is that coarse
	if after := write("b"); after == before {
		t.Error("another text of the same length and time was not seen")
	}
}

// A page does not wait for a verification that takes long.
func TestSlowVerification(t *testing.T) {
	run, certificates, _, _ := certified(t)
	hold := make(chan struct{})
	defer close(hold)
	site := Site{Runs: filepath.Dir(run), Certificates: certificates, Lang: "en",
		Judge:  func(r *store.Run) (triage.Result, error) { return triage.Apply(r, nil, trial.Began), nil },
		Verify: func(string) (*certify.Verification, error) { <-hold; return nil, os.ErrNotExist }}
	s := httptest.NewServer(site.Handler())
	defer s.Close()
	if _, body, _ := get(t, s.URL+"/", ""); !strings.Contains(body, "not verified") || strings.Contains(body, `<strong class="good">`) {
		t.Errorf("%s", body)
	}
}
