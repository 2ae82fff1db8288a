package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Runs of one plan need no warning, though they began with other flags; what does not fit the plan is told before anything
// is written.
func TestPlanFile(t *testing.T) {
	dir := t.TempDir()
	plan := filepath.Join(dir, "lab.plan")
	made := try(t, program(t, dir, "plan", "--suite", "selftest", "--target", "native", "--label", "!slow", "--seed", "42", "--out", plan, "--lang", "en"))
	if made.code != exitPass || !strings.Contains(made.out, "1 suites, ") || !strings.Contains(made.out, "run --plan "+plan) {
		t.Fatalf("%d %s%s", made.code, made.out, made.err)
	}
	again := try(t, program(t, dir, "plan", "--suite", "selftest", "--out", plan, "--lang", "en"))
	if again.code != exitUsage || !strings.Contains(again.err, "it is there already") {
		t.Errorf("%d %s", again.code, again.err)
	}
	runs := filepath.Join(dir, "runs")
	for flag, value := range map[string]string{"--suite": "abi", "--label": "x", "--rounds": "2", "--spec": "x", "--seed": "3", "--resume": "latest"} {
		if said := try(t, program(t, dir, "run", "--plan", plan, "--runs", runs, "--lang", "en", flag, value)); said.code != exitUsage || flag != "--resume" && !strings.Contains(said.err, flag+": it does not go with --plan") {
			t.Errorf("%s: %d %s", flag, said.code, said.err)
		}
	}
	text, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	for old, new := range map[string]string{`"digest": "sha256:`: `"digest": "sha256:0000`, `"id": "`: `"id": "other `, `"seed": 42`: `"seed":  42`, `"v": 1`: `"v": 9`} {
		changed := filepath.Join(dir, "changed.plan")
		content := strings.Replace(string(text), old, new, 1)
		if strings.Contains(new, "0000") {
			at := strings.Index(content, "sha256:0000") + 71
			content = content[:at] + content[at+4:]
		}
		if err := os.WriteFile(changed, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if said := try(t, program(t, dir, "run", "--plan", changed, "--target", "native", "--runs", runs, "--lang", "en")); said.code != exitUsage || strings.Count(said.err, "xcmatrix: ") != 1 {
			t.Errorf("%s: %d %s", new, said.code, said.err)
		}
	}
	item := filepath.Join(dir, "item.plan")
	if err := os.WriteFile(item, []byte(strings.Replace(string(text), `"item": "selftest"`, `"item": "selftests"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := try(t, program(t, dir, "run", "--plan", item, "--runs", runs, "--lang", "en")); said.code != exitUsage || !strings.Contains(said.err, "item.plan: this program has no suite selftests: run the program that made the plan") {
		t.Errorf("%d %s", said.code, said.err)
	}
	if _, err := os.Stat(runs); err == nil {
		t.Errorf("%s was written", runs)
	}
	var ids []string
	for range 2 {
		if said := try(t, program(t, dir, "run", "--plan", plan, "--target", "native", "--runs", runs, "--quiet", "--lang", "en")); said.code == exitUsage {
			t.Fatalf("%d %s%s", said.code, said.out, said.err)
		}
	}
	entries, err := os.ReadDir(runs)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			ids = append(ids, e.Name())
		}
	}
	said := call(append([]string{"show", "--json", "--runs", runs}, ids...)...)
	if len(ids) != 2 || strings.Contains(said.out, `"warnings"`) || strings.Contains(said.out, `"not_planned"`) || strings.Count(said.out, `"plan": "sm3:`) != 2 {
		t.Errorf("%v: %.2000s%s", ids, said.out, said.err)
	}
}
