package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// passing writes a run of one native target on which every item of xinchuang-base passes.
func passing(t *testing.T, runs, id string, sealed bool) {
	t.Helper()
	m := store.Manifest{Run: id, Created: time.Now().UTC(), Targets: []store.Target{{ID: "native", GOOS: "linux", GOARCH: "amd64", Launcher: "native"}},
		Selection: &store.Selection{Targets: []string{}, Suites: []string{}, Specs: []string{}, Rounds: 1, Servers: []store.Server{}, Vectors: []store.Vector{}}}
	spec := record.SpecPlan{ID: "works"}
	for _, item := range []string{"abi", "crypto", "database", "disk", "gc"} {
		spec := spec
		if item == "database" {
			spec.Labels = []string{record.LabelServer + "postgres"}
		}
		m.Items, m.Suites = append(m.Items, item), append(m.Suites, store.FullPlanOf(item, []record.SpecPlan{spec}))
		m.Cells = append(m.Cells, store.CellPlan{Target: "native", Item: item, Round: 1, Specs: []record.SpecPlan{spec}})
	}
	j, err := store.Create(runs, m)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, item := range m.Items {
		at := &store.Cell{Target: "native", Item: item, Round: 1, Attempt: 1}
		for _, e := range []record.Event{
			{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: record.Native, Launcher: record.Launcher{Name: "native"}}},
			{Kind: record.KindMachine, Machine: &record.Machine{GOOS: "linux", GOARCH: "amd64"}},
			{Kind: record.KindSpecStart, Spec: spec.ID, Start: &record.SpecStart{}},
			{Kind: record.KindSpecEnd, Spec: spec.ID, End: &record.SpecEnd{Verdict: record.Pass}},
		} {
			if err := j.AppendEvent(at, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if sealed {
		if err := j.Seal(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCertifyAndVerify(t *testing.T) {
	dir := t.TempDir()
	runs, key, out := filepath.Join(dir, "runs"), filepath.Join(dir, "key"), filepath.Join(dir, "certificates")
	passing(t, runs, "r1", true)
	t.Setenv(passphraseVariable, "correct horse")
	made := call("keygen", "--out", key, "--name", "Lab", "--json")
	var keys struct {
		Dir, Signer, Root string
		KeyID             string `json:"key_id"`
		Until             time.Time
		Files             map[string]string
	}
	if err := json.Unmarshal([]byte(made.out), &keys); err != nil || made.code != exitPass || keys.Signer != "Lab" || keys.Root != "Lab root" ||
		!strings.HasPrefix(keys.KeyID, "sm3:") || keys.Until.Before(time.Now()) || keys.Dir != key || len(keys.Files) != 4 {
		t.Fatal(made, err)
	}
	for what, name := range keys.Files {
		if _, err := os.Stat(filepath.Join(keys.Dir, name)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	s := call("certify", "latest", "--runs", runs, "--key", key, "--out", out, "--require", "L2", "--json")
	if s.code != exitPass {
		t.Fatal(s)
	}
	var issued struct {
		Certificates []struct{ Target, Dir, Level string }
	}
	if err := json.Unmarshal([]byte(s.out), &issued); err != nil || len(issued.Certificates) != 1 || issued.Certificates[0].Level != "L2" {
		t.Fatal(s, err)
	}
	folder, root := issued.Certificates[0].Dir, filepath.Join(key, "root.pem")
	if s := call("verify", folder, "--root", root, "--lang", "zh"); s.code != exitPass || !strings.Contains(s.out, "验证通过") {
		t.Error(s)
	}
	late := time.Now().AddDate(5, 0, 0).Format(time.DateOnly)
	if s := call("verify", folder, "--root", root, "--at", late, "--lang", "en"); s.code != exitRefused || !strings.Contains(s.out+s.err, "before "+late+"T23:59:59Z") {
		t.Errorf("as of %s: %+v", late, s)
	}
	repository := filepath.Join(dir, "repository")
	if s := call("publish", out, "--to", repository, "--root", root); s.code != exitPass {
		t.Error(s)
	}
	if err := os.WriteFile(filepath.Join(folder, "bench.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = call("verify", folder, "--root", root, "--json")
	var verified struct {
		OK       bool
		Problems []struct{ File, What string }
	}
	if err := json.Unmarshal([]byte(s.out), &verified); err != nil || s.code != exitRefused || verified.OK || verified.Problems[0].File != "bench.txt" {
		t.Error(s, err)
	}
	if s := call("publish", out, "--to", repository); s.code != exitRefused {
		t.Error("published all the same:", s)
	}
}

// certify ends with 1 for a target that reached no level, which has a folder that calls itself a test report, and for one
// that was never run, which has none; with --require it ends with 4.
func TestCertifyWithoutALevel(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	t.Setenv(passphraseVariable, "correct horse")
	if s := call("keygen", "--out", key, "--name", "Lab"); s.code != exitPass {
		t.Fatal(s)
	}
	for name, c := range map[string]struct {
		launch  bool
		verdict record.Verdict
		code    int
		says    string
		folders int
	}{
		"fails":     {true, record.Fail, exitFound, "Test report: no level on target \"native\" (native;", 1},
		"never run": {false, record.Miss, exitFound, "refused, no folder\n  ✗ it was never run", 0},
	} {
		runs, out := filepath.Join(dir, name, "runs"), filepath.Join(dir, name, "out")
		m := store.Manifest{Run: "r1", Created: time.Now().UTC(), Items: []string{"abi"}, Targets: []store.Target{{ID: "native", GOOS: "linux", GOARCH: "amd64", Launcher: "native"}},
			Cells: []store.CellPlan{{Target: "native", Item: "abi", Round: 1, Specs: []record.SpecPlan{{ID: "works"}}}}}
		j, err := store.Create(runs, m)
		if err != nil {
			t.Fatal(err)
		}
		at := &store.Cell{Target: "native", Item: "abi", Round: 1, Attempt: 1}
		why := record.Say("it is so", "如此")
		events := []record.Event{{Kind: record.KindSpecEnd, Spec: "works", End: &record.SpecEnd{Verdict: c.verdict, Detail: &why, Remedy: &why}}}
		if c.launch {
			events = append([]record.Event{{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: record.Native, Launcher: record.Launcher{Name: "native"}}}}, events...)
		}
		for _, e := range events {
			if err := j.AppendEvent(at, e); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(j.Seal(), j.Close()); err != nil {
			t.Fatal(err)
		}
		s := call("certify", "r1", "--runs", runs, "--key", key, "--out", out, "--lang", "en")
		folders, _ := filepath.Glob(filepath.Join(out, "r1", "*"))
		if s.code != c.code || !strings.Contains(s.out, c.says) || len(folders) != c.folders {
			t.Errorf("%s: %+v, %v", name, s, folders)
		}
		for _, f := range folders {
			page, err := os.ReadFile(filepath.Join(f, "certificate.html"))
			if err != nil || !strings.Contains(string(page), "检测报告") || strings.Contains(string(page), "兼容性认证证书") {
				t.Errorf("%s: the page calls itself a certificate: %v", name, err)
			}
		}
		if s := call("certify", "r1", "--runs", runs, "--key", key, "--out", out+"2", "--lang", "en", "--require", "L1"); s.code != exitRefused {
			t.Errorf("%s, required: %+v", name, s)
		}
	}
}

// Bad input is one sentence and leaves no partial folder.
func TestCertifyBadInput(t *testing.T) {
	dir := t.TempDir()
	runs, key, out := filepath.Join(dir, "runs"), filepath.Join(dir, "key"), filepath.Join(dir, "certificates")
	passing(t, runs, "r1", true)
	passing(t, runs, "r2", false)
	t.Setenv(passphraseVariable, "correct horse")
	if s := call("keygen", "--out", key, "--days", "1"); s.code != exitPass {
		t.Fatal(s)
	}
	strange := filepath.Join(dir, "p.yaml")
	rule := "name: p\nrules: [{id: a, level: L1, title: {en: a, zh: 甲}, sli: passed, slo: '>= 1%', items: [taste], provenance: [native], owner: o, verify: {en: v, zh: 验}}]\n"
	if err := os.WriteFile(strange, []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(dir, "wrong")
	if err := os.WriteFile(wrong, []byte("wrong horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	certify := func(run string, more ...string) []string {
		return append([]string{"certify", run, "--runs", runs, "--key", key, "--out", out, "--lang", "en"}, more...)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"missing key":         {certify("r1", "--key", dir), exitUsage, "there is no key here"},
		"wrong passphrase":    {certify("r1", "--passphrase-file", wrong), exitUsage, "the passphrase is wrong"},
		"no passphrase file":  {certify("r1", "--passphrase-file", dir+"/absent"), exitUsage, "cannot be read"},
		"still going":         {certify("r2"), exitUsage, "has not ended"},
		"unknown item":        {certify("r1", "--profile", strange), exitUsage, "p.yaml:2: there is no item \"taste\""},
		"unknown profile":     {certify("r1", "--profile", "gold"), exitUsage, "there is no such profile"},
		"unknown target":      {certify("r1", "--target", "riscv*"), exitUsage, "riscv*"},
		"unknown level":       {certify("r1", "--require", "L4"), exitUsage, "none of L1, L2, L3"},
		"unknown run":         {certify("r3"), exitUsage, "no such run"},
		"bad waivers":         {certify("r1", "--waivers", strange), exitUsage, "p.yaml:1: there is no field \"name\""},
		"verify nothing":      {[]string{"verify", filepath.Join(dir, "absent")}, exitUsage, "cannot be read"},
		"verify another":      {[]string{"verify", dir}, exitRefused, ""},
		"verify a bad root":   {[]string{"verify", dir, "--root", strange}, exitUsage, "no certificate in PEM"},
		"verify a bad day":    {[]string{"verify", dir, "--at", "soon"}, exitUsage, "is no date"},
		"overwrite a key":     {[]string{"keygen", "--out", key}, exitUsage, "never overwritten"},
		"publish nowhere":     {[]string{"publish", dir}, exitUsage, "name the repository"},
		"serve the world":     {[]string{"serve", "--listen", "0.0.0.0:0"}, exitUsage, "no loopback address"},
		"findings of a class": {[]string{"findings", "r1", "--runs", runs, "--class", "magic"}, exitUsage, "none of library"},
	} {
		s := call(append(c.args, "--lang", "en")...)
		if s.code != c.code || !strings.Contains(s.err, c.says) || strings.Count(s.err, "\n") > 1 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	left, err := filepath.Glob(filepath.Join(out, "*", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// A run's folder of certificates is none itself: verify names those in it. One that lost its statement stays refused.
func TestVerifyNamesTheCertificatesBelow(t *testing.T) {
	run := t.TempDir()
	native := filepath.Join(run, "native")
	if err := os.Mkdir(native, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(native, "statement.dsse.json"), []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"en": "below: verify " + native, "zh": "请验证 " + native} {
		if s := call("verify", run, "--lang", lang); s.code != exitUsage || !strings.Contains(s.err, want) {
			t.Errorf("%+v", s)
		}
	}
	if err := os.WriteFile(filepath.Join(run, "manifest.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s := call("verify", run); s.code != exitRefused {
		t.Errorf("with a certificate's file in it: %+v", s)
	}
}
