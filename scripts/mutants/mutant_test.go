package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func listed(t *testing.T) []Mutant {
	t.Helper()
	all, err := load("list")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whoever changes a line that a mutant changes mends the list too.
func TestMutantsApply(t *testing.T) {
	all := listed(t)
	if len(all) < 54 {
		t.Errorf("%d mutants", len(all))
	}
	names := map[string]bool{}
	for _, m := range all {
		if _, _, err := m.apply(root); err != nil {
			t.Error(err)
		}
		if key := m.Package + ": " + m.Name; names[key] || m.Name == "" {
			t.Errorf("two mutants are named %q", key)
		} else {
			names[key] = true
		}
	}
}

// Two mutants whose tests take little time; make mutants runs all.
func TestMutantsAreKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: tests are run")
	}
	for name, want := range map[string]string{"results/record: a verdict is worse than itself": killed,
		"results/triage/waiver: a waiver is live at the midnight": killed} {
		found := 0
		for _, m := range listed(t) {
			if !m.named([]string{name}) {
				continue
			}
			found++
			if got, err := m.run(root); got != want {
				t.Errorf("%s: %s, %v", name, got, err)
			}
		}
		if found != 1 {
			t.Errorf("%d mutants are named %q", found, name)
		}
	}
}

func TestMutantsThatDoNotApply(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/probe\n\ngo 1.26\n",
		"one.go":      "package probe\n\nfunc Sum(a, b int) int { return a + b }\n",
		"two.go":      "package probe\n\nfunc More(a, b int) int { return a + b }\n",
		"one_test.go": "package probe\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(2, 2) != 4 {\n\t\tt.Error()\n\t}\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		m     Mutant
		state string
		err   string // what the complaint holds
	}{
		{m: Mutant{Name: "gone", Old: "a - b", New: "a + b"}, err: `"gone" does not apply: its text stands 0 times`},
		{m: Mutant{Name: "twice", Old: "a + b", New: "a - b"}, err: `"twice" does not apply: its text stands 2 times`},
		{m: Mutant{Name: "in a test", Old: "Sum(2, 2)", New: "Sum(2, 3)"}, err: "stands 0 times"},
		{m: Mutant{Name: "nothing", Old: "func Sum", New: "func Sum"}, err: "does not apply"},
		{m: Mutant{Name: "no Go", Old: "func Sum(a, b int) int { return", New: "func Sum(a, b int) int { turn"}, err: "it does not build"},
		{m: Mutant{Name: "no such test", Old: "Sum(a, b int) int { return a", New: "Sum(a, b int) int { return -a", Tests: "TestNone"}, err: "no test of"},
		{m: Mutant{Name: "noticed", Old: "Sum(a, b int) int { return a", New: "Sum(a, b int) int { return -a"}, state: killed},
		{m: Mutant{Name: "not noticed", Old: "Sum(a, b int) int { return a + b", New: "Sum(a, b int) int { return a * b"}, state: survived},
	} {
		c.m.Package = "."
		state, err := c.m.run(dir)
		if state != c.state || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v", c.m.Name, state, err)
		}
	}
}
