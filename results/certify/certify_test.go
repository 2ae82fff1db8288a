package certify

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/pdf"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

var (
	now        = trial.Began.Add(time.Hour)
	passphrase = []byte("correct horse")
)

// laboratory is the signer of most tests: making one takes the time that guessing its passphrase is to take.
var laboratory = sync.OnceValues(func() (identity.Signer, error) { return newSigner("Lab 实验室", now) })

func newSigner(name string, now time.Time) (identity.Signer, error) {
	tmp, err := os.MkdirTemp("", "xcmatrix-keys-*")
	if err != nil {
		return identity.Signer{}, err
	}
	defer os.RemoveAll(tmp)
	dir := filepath.Join(tmp, "key")
	if err := identity.Create(dir, identity.Request{Name: name, Days: 365, Passphrase: passphrase, Now: now.Add(-time.Hour)}); err != nil {
		return identity.Signer{}, err
	}
	return identity.Open(dir, passphrase, now)
}

func signer(t testing.TB) identity.Signer {
	t.Helper()
	s, err := laboratory()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var noWaivers = []byte("waivers: []\n")

// own is the program of these tests.
var own = claim.Program{Version: trial.Version, Waivers: noWaivers}

func order(t testing.TB, runDir string, by identity.Signer) Order {
	t.Helper()
	p, err := profile.Find("xinchuang-base", nil)
	if err != nil {
		t.Fatal(err)
	}
	o := Order{Program: own, Run: trial.Load(t, runDir), Profile: p, Waivers: waiver.List{}, Text: noWaivers, Signer: by, Now: now, Lang: "zh"}
	for _, target := range o.Run.Manifest.Targets {
		o.Targets = append(o.Targets, target.ID)
	}
	if font, err := pdf.FindFont(); err == nil {
		o.Font = font
	}
	return o
}

func issue(t testing.TB, o Order) []Issued {
	t.Helper()
	out, err := Issue(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestIssueAndVerify(t *testing.T) {
	by := signer(t)
	issued := issue(t, order(t, trial.Dir(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 12, Rounds: 5}), by))
	want := map[string]profile.Level{"native": profile.L2, "arm64": profile.L1, "loong64": profile.None}
	for _, i := range issued {
		if i.Claim.Level != want[i.Target] {
			t.Errorf("%s: %q", i.Target, i.Claim.Level)
			for _, r := range i.Claim.Rules {
				t.Logf("  %s %v %s %s", r.Rule, r.Met, r.Value, r.Evidence.En)
			}
		}
		v, err := Verify(i.Dir, Reader{Program: own, Root: by.Chain.Root, At: now.Add(time.Hour)})
		if err != nil || !v.OK() {
			t.Errorf("%s: %v %+v", i.Target, err, v.Problems)
		}
		if len(v.Proved) != 5 || len(v.Unproved) != 2 {
			t.Errorf("%s: proved %v, not %v", i.Target, v.Proved, v.Unproved)
		}
	}
	arm := issued[1]
	if !strings.Contains(arm.Claim.Rules[2].Evidence.En, "L2 takes results that are native, vm; these are emulated") {
		t.Errorf("the sentence why: %q", arm.Claim.Rules[2].Evidence.En)
	}
}

func TestVerifyWithoutRootSaysSo(t *testing.T) {
	by := signer(t)
	i := issue(t, order(t, trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 2}), by))[0]
	v, err := Verify(i.Dir, Reader{Program: own, Root: nil, At: now})
	if err != nil || !v.OK() || len(v.Unproved) != 3 || !strings.Contains(v.Unproved[0].En, "who signed") {
		t.Errorf("%v %+v", err, v)
	}
}

func TestIssueRefuses(t *testing.T) {
	by := signer(t)
	open := order(t, trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 2, Open: true}), by)
	out := t.TempDir()
	if _, err := Issue(out, open); err == nil || !strings.Contains(err.Error(), "has not ended") {
		t.Error(err)
	}
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	whole := order(t, trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 2}), by)
	if _, err := Issue(out, whole); err != nil {
		t.Fatal(err)
	}
	if _, err := Issue(out, whole); err == nil || !strings.Contains(err.Error(), "there is a certificate already") {
		t.Error(err)
	}
	left, _ := os.ReadDir(filepath.Join(out, whole.Run.Manifest.Run))
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAnotherMachineIsRefused(t *testing.T) {
	by := signer(t)
	declared := trial.Base[0]
	o := order(t, trial.Dir(t, trial.Shape{Targets: []trial.Target{declared}, Items: trial.Items, Specs: 2}), by)
	o.Run.Manifest.Targets[0].Chip = "kunpeng-920"
	i := issue(t, o)[0]
	if i.Dir != "" || len(i.Refused) != 1 || i.Refused[0].En != "declared chip kunpeng-920, found unknown" {
		t.Errorf("%+v", i)
	}
}

func TestClocks(t *testing.T) {
	by := signer(t)
	i := issue(t, order(t, trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 2}), by))[0]
	for at, want := range map[time.Time]string{
		now.Add(-time.Minute): "yet to come",
		now.AddDate(2, 0, 0):  "expired on",
		now.AddDate(-2, 0, 0): "is the clock right?",
	} {
		v, err := Verify(i.Dir, Reader{Program: own, Root: by.Chain.Root, At: at})
		if err != nil || v.OK() || !strings.Contains(v.Problems[0].What.En, want) {
			t.Errorf("%v: %v %+v", at, err, v)
		}
	}
	if _, err := Verify(filepath.Join(i.Dir, "absent"), Reader{Program: own, Root: nil, At: now}); err == nil {
		t.Error("no folder, no complaint")
	}
}

// Names that another machine or a file gave are shown as text and change no path.
func TestHostileNames(t *testing.T) {
	by := signer(t)
	odd := "<script>alert(1)</script>\u202e\x1b[31m'\"&../" + strings.Repeat("长", 10_000)
	target := trial.Base[0]
	target.ID = strings.Repeat("a.", 60)
	o := order(t, trial.Dir(t, trial.Shape{Targets: []trial.Target{target}, Items: trial.Items, Specs: 4, Odd: odd}), by)
	out := t.TempDir()
	issued, err := Issue(out, o)
	if err != nil {
		t.Fatal(err)
	}
	dir := issued[0].Dir
	if rel, err := filepath.Rel(out, dir); err != nil || strings.Count(rel, string(filepath.Separator)) != 1 || strings.HasPrefix(rel, "..") {
		t.Errorf("the folder is %s", rel)
	}
	if v, err := Verify(dir, Reader{Program: own, Root: by.Chain.Root, At: now}); err != nil || !v.OK() {
		t.Errorf("%v %+v", err, v)
	}
	page, err := os.ReadFile(filepath.Join(dir, htmlFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "\u202e", "\x1b", strings.Repeat("长", 301)} {
		if strings.Contains(string(page), bad) {
			t.Errorf("the page holds %.20q", bad)
		}
	}
	if !strings.Contains(string(page), "&lt;script&gt;") {
		t.Error("the page does not show the name")
	}
}

func TestSegment(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"native", "loong64-la132", "", ".", "..", "../x", "a/b", "a b", "a_b", ".git", "甲", "乙", strings.Repeat("a", 200), strings.Repeat("a", 201)} {
		s := Segment(name)
		if other, taken := seen[s]; taken {
			t.Errorf("%.20q and %.20q are both %q", name, other, s)
		}
		seen[s] = name
		if s == "" || s[0] == '.' || len(s) > maxSegment || strings.ContainsAny(s, "/\\ ") {
			t.Errorf("%.20q: %q", name, s)
		}
	}
	if Segment("native") != "native" {
		t.Error("a good name is changed")
	}
}

func TestLanguage(t *testing.T) {
	by := signer(t)
	for lang, want := range map[string]string{"zh": "# 兼容性认证证书\n", "en": "# Compatibility certificate\n"} {
		o := order(t, trial.Dir(t, trial.Shape{Targets: trial.Base[:1], Items: trial.Items, Specs: 2}), by)
		o.Lang = lang
		o.Names = func(string) record.Sentence { return record.Say("an item", "某项") }
		text, err := os.ReadFile(filepath.Join(issue(t, o)[0].Dir, markdownFile))
		if err != nil || !strings.HasPrefix(string(text), want) {
			t.Errorf("%s: %v %.60q", lang, err, text)
		}
	}
}
