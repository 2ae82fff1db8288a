package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// evil acts on a terminal in every way that text can: it clears the screen, sets the title, hides and turns round what
// stands there, and makes a line that the program could have written.
const evil = "x\x1b[2J\x1b]0;t\x07\u009b31m\u202e\u2066\u200b\x7f\r\nverified\nproved      L3 performs\nxcmatrix: all is well"

// evilRun is a run of which every text that another machine gives is evil, on two rounds so that there is something to
// compare.
func evilRun(t *testing.T, runs, id string) {
	t.Helper()
	m := store.Manifest{Run: id, Created: time.Now().UTC(), Tool: "v1.0.0", Commit: evil, Go: evil, Items: []string{"abi"},
		Targets:  []store.Target{{ID: "native", GOOS: "linux", GOARCH: "amd64", Launcher: evil, Chip: evil, System: evil, CPU: evil, BuildKey: evil}},
		Excluded: []store.Excluded{{Target: "native", Item: "gc", Why: record.Say(evil, evil)}}}
	specs := []record.SpecPlan{{ID: "works " + evil}, {ID: "measures " + evil, Labels: []string{record.LabelBench, evil}}}
	for round := 1; round <= 6; round++ {
		m.Cells = append(m.Cells, store.CellPlan{Target: "native", Item: "abi", Round: round, BuildKey: evil, Specs: specs})
	}
	j, err := store.Create(runs, m)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	why := record.Say(evil, evil)
	for _, c := range m.Cells {
		at := &store.Cell{Target: c.Target, Item: c.Item, Round: c.Round, Attempt: 1}
		events := []record.Event{
			{Kind: record.KindLaunch, Launch: &record.Launch{Provenance: record.Native, BuildKey: evil, Payload: evil,
				Launcher: record.Launcher{Name: evil, Version: evil, CPU: evil, Command: []string{evil}}}},
			{Kind: record.KindMachine, Machine: &record.Machine{GOOS: "linux", GOARCH: "amd64", Chip: evil, Model: evil, System: evil, Kernel: evil,
				GoVersion: evil, Warnings: []record.Sentence{why}, OSRelease: record.OSRelease{PrettyName: evil}}},
			{Kind: record.KindFinding, Spec: specs[0].ID, Finding: &record.Finding{ID: "abi/" + evil, Subject: evil, Version: evil, Severity: record.High, Clause: evil, Evidence: evil}},
			{Kind: record.KindObservation, Spec: specs[0].ID, Observation: &record.Observation{Name: evil, Value: []byte(`"\u001b[2J"`), Differs: &why}},
			{Kind: record.KindLog, Log: &record.Log{Level: evil, Text: why}},
			{Kind: record.KindSpecEnd, Spec: specs[0].ID, End: &record.SpecEnd{Verdict: record.Fail, Detail: &why, Remedy: &why, Stack: evil}},
		}
		for n := range 3 {
			for _, unit := range []string{"ns/op", evil} {
				events = append(events, record.Event{Kind: record.KindSample, Spec: specs[1].ID, Sample: &record.Sample{Name: evil, Value: float64(100 + n), Unit: unit, Better: record.Lower, Path: evil}})
			}
		}
		events = append(events, record.Event{Kind: record.KindSpecEnd, Spec: specs[1].ID, End: &record.SpecEnd{Verdict: record.Pass}})
		for _, e := range events {
			if err := j.AppendEvent(at, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := j.Seal(); err != nil {
		t.Fatal(err)
	}
}

// TestHostileText: nothing that another machine, a file or a person wrote acts on the terminal, whatever the verb.
func TestHostileText(t *testing.T) {
	dir := t.TempDir()
	runs, key, out := filepath.Join(dir, "runs"), filepath.Join(dir, "key"), filepath.Join(dir, "certificates")
	evilRun(t, runs, "r1")
	evilRun(t, runs, "r2")
	t.Setenv(passphraseVariable, "correct horse")
	bench := filepath.Join(dir, "bench.txt")
	if err := os.WriteFile(bench, []byte("chip: \x1b[2J\u202e\n"+strings.Repeat("BenchmarkX\x1b[2J\u009b 1 100 ns/op 3 \u202eB\n", 10)), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(out, "r1", "native")
	waivers := filepath.Join(dir, "waivers.yaml")
	if err := os.WriteFile(waivers, []byte("waivers:\n- finding: \"abi/\\e[2Jverified\"\n  colour: \"\\u202e\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"keygen", "--out", key, "--name", evil},
		{"keygen", "--out", key, "--name", "again"},
		{"show", "r1"}, {"show", "r1", "--json"}, {"show", "r1", "--lang", "zh"},
		{"show", "r1", "--format", "speed"}, {"show", "r1", "--format", "md"}, {"show", "r1", "--format", "csv"},
		{"show", "r1", "--format", "junit"}, {"show", "r1", "--format", "bench"},
		{"show", evil}, {"show", "r1", "--format", evil}, {"show", "r1", "--waivers", waivers},
		{"findings", "r1"}, {"findings", "r1", "--json"}, {"findings", "r1", "--class", evil},
		{"history", "--target", "native"}, {"history", "--target", "native", "--json"}, {"history", "--target", evil},
		{"compare", "r1", "r2"}, {"compare", "r1", "r2", "--json"}, {"compare", "r1", "r2", "--format", "markdown"}, {"compare", "r1", "r2", "--format", "csv"},
		{"compare", "r1", "r2", "--by", "chip"}, {"compare", "r1", "r2", "--by", "commit"}, {"compare", bench}, {"compare", bench, "--by", "chip"}, {"compare", evil},
		{"certify", "r1", "--key", key, "--out", out}, {"certify", "r1", "--key", key, "--out", out},
		{"certify", "r2", "--key", key, "--out", out, "--json"},
		{"verify", folder}, {"verify", folder, "--json"}, {"verify", folder, "--lang", "zh"}, {"verify", evil},
		{"publish", folder, "--to", filepath.Join(dir, "repository")},
		{"plan", "--target", evil}, {"run", "--target", evil}, {"run", "--resume", evil}, {"serve", "--listen", evil},
		{"bench", "--suite", evil}, {evil}, {"show", "--" + evil},
	} {
		s := call(append(args, "--runs", runs)...)
		for _, text := range []string{s.out, s.err} {
			checkPlain(t, strings.Join(args, " "), text)
		}
	}
}

// checkPlain reports characters that act, and lines that a name has made.
func checkPlain(t *testing.T, what, text string) {
	t.Helper()
	for i, c := range text {
		if c != '\n' && c != '\t' && !(c == '\r' && strings.HasPrefix(text[i:], "\r\n")) && (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Errorf("%.60q: %U at %d: %.80q", what, c, i, text[max(0, i-20):])
			break
		}
	}
	proper := strings.Contains(what, "verify")
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "verified" && !proper || line == "proved      L3 performs" || line == "xcmatrix: all is well" {
			t.Errorf("%.60q: a name made the line %q", what, line)
			break
		}
	}
}

// TestOneWayOut: verbs print through printf alone, so that none forgets to clean.
func TestOneWayOut(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "print.go" || name == "help.go" { // help prints the program's own words
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, ok := f.X.(*ast.Ident)
			if ok && (of.Name == "fmt" && (strings.HasPrefix(f.Sel.Name, "Fprint") || strings.HasPrefix(f.Sel.Name, "Print")) ||
				of.Name == "io" && f.Sel.Name == "WriteString") {
				t.Errorf("%s calls %s.%s: use printf", name, of.Name, f.Sel.Name)
			}
			return true
		})
	}
}
