package cli

import (
	"encoding/json"
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
	m := store.Manifest{Run: id, Created: time.Now().UTC(), Targets: []store.Target{{ID: "native", GOOS: "linux", GOARCH: "amd64", Launcher: "native"}}}
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
	if s := call("keygen", "--out", key, "--name", "Lab"); s.code != exitPass {
		t.Fatal(s)
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
		"serve the world":     {[]string{"serve", "--listen", "0.0.0.0:0"}, exitUsage, "not this machine alone"},
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
