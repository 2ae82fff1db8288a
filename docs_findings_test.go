package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// findingPages is where the web shows the pages of docs/findings.
const findingPages = "https://github.com/xcmatrix/xcmatrix/blob/main/"

// upstream are waivers' links to a library's own issue about the very defect, each with whose it is.
var upstream = map[string]string{
	"https://github.com/tjfoc/gmsm/issues/178": "crypto/tjfoc/sm4/sm4gcm-*", // GHASH takes wrong lengths: every tag is wrong
}

// waivedFor is for how many days after a review a defect may be waived.
var waivedFor = map[record.Severity]int{record.Critical: 90, record.High: 183, record.Medium: 365, record.Low: 548}

// pagePairs are the pages of docs/findings in both languages, by the name of the English one.
func pagePairs(t *testing.T) map[string][2]page {
	t.Helper()
	names, err := filepath.Glob("docs/findings/*.md")
	if err != nil || len(names) == 0 {
		t.Fatalf("%v %v", names, err)
	}
	all := map[string][2]page{}
	for _, name := range names {
		if en, is := strings.CutSuffix(name, ".zh-CN.md"); is {
			if _, err := os.Stat(en + ".md"); err != nil {
				t.Errorf("%s: no English page: %v", name, err)
			}
			continue
		}
		all[name] = [2]page{read(t, name), read(t, strings.TrimSuffix(name, ".md")+".zh-CN.md")}
	}
	return all
}

// TestFindingPagesArePairs: the same program, output and findings in both languages, and links from one to the other.
func TestFindingPagesArePairs(t *testing.T) {
	for name, pair := range pagePairs(t) {
		en, zh := pair[0], pair[1]
		if !slices.Equal(en.headings, zh.headings) || len(en.blocks) != len(zh.blocks) || len(en.tables) != len(zh.tables) {
			t.Errorf("%s and its Chinese page differ in shape", name)
			continue
		}
		for i, b := range en.blocks {
			if b != zh.blocks[i] {
				t.Errorf("%s and its Chinese page differ in block %d", name, i+1)
			}
		}
		for i, rows := range en.tables {
			if diff := tablesDiffer(rows, zh.tables[i]); diff != "" && i > 0 {
				t.Errorf("%s, table %d: %s", name, i+1, diff)
			}
		}
		for i, p := range pair {
			text, err := os.ReadFile(p.name)
			if other := "](" + filepath.Base(pair[1-i].name) + ")"; err != nil || !strings.Contains(string(text), other) {
				t.Errorf("%s has no link %s: %v", p.name, other, err)
			}
		}
	}
}

var findingRow = regexp.MustCompile("^`(\\S+)`$")

// described are the findings that the pages describe, each with its page and severity.
func described(t *testing.T) map[string][2]string {
	t.Helper()
	all := map[string][2]string{}
	for name, pair := range pagePairs(t) {
		if filepath.Base(name) == "README.md" {
			continue
		}
		for _, rows := range pair[0].tables {
			for _, row := range rows {
				if m := findingRow.FindStringSubmatch(row[0]); m != nil {
					if other, twice := all[m[1]]; twice {
						t.Errorf("%s and %s are both about %s", name, other[0], m[1])
					}
					all[m[1]] = [2]string{name, row[1]}
				}
			}
		}
	}
	return all
}

// owners are the roles of CONTRIBUTING.md's table, in both languages the same.
func owners(t *testing.T) []string {
	t.Helper()
	var both [2][]string
	for i, name := range []string{"CONTRIBUTING.md", "CONTRIBUTING.zh-CN.md"} {
		for _, table := range read(t, name).tables {
			if len(table) < 2 || key(table[1]) != "harness" {
				continue
			}
			for _, row := range table[1:] {
				if len(row) < 3 || row[2] == "" {
					t.Errorf("%s: how is %s reached?", name, row[0])
				}
				both[i] = append(both[i], key(row))
			}
		}
	}
	if len(both[0]) == 0 || !slices.Equal(both[0], both[1]) {
		t.Fatalf("the roles are %v and %v", both[0], both[1])
	}
	return both[0]
}

// reviewed is the day of the last review, as matrix/waivers.yaml has it.
func reviewed(t *testing.T) time.Time {
	t.Helper()
	m := regexp.MustCompile(`(?m)^# reviewed: (\S+)$`).FindSubmatch(matrix.WaiversText())
	if m == nil {
		t.Fatal("matrix/waivers.yaml does not say when it was reviewed")
	}
	day, err := time.Parse(time.DateOnly, string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return day
}

// TestWaiversAreAccountable: each waiver links to where its very defect is described, has an owner who can be reached, and
// expires the sooner the worse the defect is.
func TestWaiversAreAccountable(t *testing.T) {
	list, err := matrix.Waivers()
	if err != nil {
		t.Fatal(err)
	}
	pages, roles, from := described(t), owners(t), reviewed(t)
	for _, fault := range unaccountable(list, pages, roles, from) {
		t.Error(fault)
	}
	waived := map[string]bool{}
	for _, w := range list {
		waived[w.Finding] = true
	}
	for finding, at := range pages {
		if !waived[finding] {
			t.Errorf("%s: %s has no waiver", at[0], finding)
		}
	}
}

// unaccountable says what is wrong with waivers.
func unaccountable(list waiver.List, pages map[string][2]string, roles []string, from time.Time) (faults []string) {
	dates := map[record.Severity]string{}
	for _, w := range list {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Sprintf("%s: %s: ", w.Place, w.Finding)+fmt.Sprintf(format, args...))
		}
		at, own := pages[w.Finding]
		pattern, theirs := upstream[w.Link]
		switch {
		case theirs && !strings.HasPrefix(w.Finding, strings.TrimSuffix(pattern, "*")):
			fault("%s is about %s", w.Link, pattern)
		case !theirs && !own:
			fault("no page of docs/findings describes it")
		case !theirs && w.Link != findingPages+at[0]:
			fault("its page is %s, not %s", findingPages+at[0], w.Link)
		case own && string(w.Severity) != at[1]:
			fault("%s here, %s in %s", w.Severity, at[1], at[0])
		}
		if !slices.Contains(roles, w.Owner) {
			fault("owner %q is none of %v", w.Owner, roles)
		}
		days, known := waivedFor[w.Severity]
		if !known {
			fault("it has no severity")
		} else if limit := from.AddDate(0, 0, days+1); w.Expires.After(limit) {
			fault("%s may be waived until %s, not until %s", w.Severity, limit.AddDate(0, 0, -1).Format(time.DateOnly), w.LastDay())
		}
		if before, seen := dates[w.Severity]; seen && before != w.LastDay() {
			fault("expires on %s, others of its severity on %s", w.LastDay(), before)
		}
		dates[w.Severity] = w.LastDay()
	}
	for i, worse := range record.Severities[1:] {
		if a, b := dates[record.Severities[i]], dates[worse]; a != "" && b != "" && a >= b {
			faults = append(faults, fmt.Sprintf("%s expires on %s, and %s on %s", record.Severities[i], a, worse, b))
		}
	}
	return faults
}

// TestUnaccountableWaiversAreNoticed proves that the test above can fail.
func TestUnaccountableWaiversAreNoticed(t *testing.T) {
	from := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	pages := map[string][2]string{"crypto/x/a": {"docs/findings/x-a.md", "high"}}
	good := waiver.Waiver{Finding: "crypto/x/a", Owner: "crypto", Severity: record.High, Link: findingPages + "docs/findings/x-a.md", Expires: from.AddDate(0, 0, 100)}
	if faults := unaccountable(waiver.List{good}, pages, []string{"crypto"}, from); len(faults) > 0 {
		t.Errorf("a good one: %v", faults)
	}
	for name, change := range map[string]func(*waiver.Waiver){
		"owner":    func(w *waiver.Waiver) { w.Owner = "nobody" },
		"finding":  func(w *waiver.Waiver) { w.Finding = "crypto/x/b" },
		"severity": func(w *waiver.Waiver) { w.Severity = record.Low },
		"none":     func(w *waiver.Waiver) { w.Severity = "" },
		"tracker":  func(w *waiver.Waiver) { w.Link = "https://github.com/tjfoc/gmsm/issues" },
		"foreign":  func(w *waiver.Waiver) { w.Link = "https://github.com/tjfoc/gmsm/issues/178" },
		"date":     func(w *waiver.Waiver) { w.Expires = from.AddDate(1, 0, 0) },
	} {
		bad := good
		change(&bad)
		if len(unaccountable(waiver.List{bad}, pages, []string{"crypto"}, from)) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
}

// outputsFor are the texts that a page's program prints on this architecture.
func (p page) outputsFor(goarch string) (outputs []string) {
	for _, b := range p.blocks {
		if lang, arches, all := strings.Cut(b.lang, " "); lang == "text" && (!all || slices.Contains(strings.Fields(arches), goarch)) {
			outputs = append(outputs, b.text)
		}
	}
	return outputs
}

// TestFindingProgramsShowTheDefect builds the program of every page, all into one file, and runs each: it prints what its
// page says.
func TestFindingProgramsShowTheDefect(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: programs are built")
	}
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, "go", "no go command in PATH: install Go")
	}
	programs := map[string]page{}
	for name, pair := range pagePairs(t) {
		if filepath.Base(name) == "README.md" {
			continue
		}
		if !checkVersion(t, pair[0]) {
			t.Logf("%s is about another Go than %s: its program is not run", name, runtime.Version())
			continue
		}
		code, ok := pair[0].first("go")
		if formatted, err := format.Source([]byte(code)); !ok || err != nil || string(formatted) != code {
			t.Errorf("%s has no program, or gofmt changes it: %v", name, err)
		}
		programs[strings.TrimSuffix(filepath.Base(name), ".md")] = pair[0]
	}
	binary := buildTogether(t, programs)
	for name, p := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, binary, name)
			var out, errOut bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errOut
			err := cmd.Run()
			want := p.outputsFor(runtime.GOARCH)
			if err != nil || len(want) != 1 || out.String() != want[0] {
				t.Errorf("%v: it prints\n%s%s\nand its page says\n%s\nIs the defect mended? Then take out page and waiver.", err, out.String(), errOut.String(), want)
			}
		})
	}
}

// checkVersion: the version of the library that a page names is the one that go.mod has, which TestFindingPagesArePairs compares with the Chinese page.
// It returns false for a page about the standard library of another Go than this one, whose program may print something else.
func checkVersion(t *testing.T, p page) bool {
	t.Helper()
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range p.tables {
		for _, row := range table {
			if row[0] == "Library" {
				if pkg, version, own := strings.Cut(row[1], " go1."); own && strings.HasPrefix(pkg, "`net/") {
					return runtime.Version() == "go1."+version
				}
				if !strings.Contains(string(mod), "\t"+strings.ReplaceAll(row[1], "`", "")+"\n") {
					t.Errorf("%s is about %s, which go.mod does not have: look whether the defect is mended", p.name, row[1])
				}
				return true
			}
		}
	}
	t.Errorf("%s does not say which library it is about", p.name)
	return true
}

// buildTogether builds programs as packages of one file, which runs the one that its argument names. Nothing is written
// into the checkout.
func buildTogether(t *testing.T, programs map[string]page) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir, replace := t.TempDir(), map[string]string{}
	add := func(path, text string) {
		real := filepath.Join(dir, fmt.Sprint(len(replace), ".go"))
		if err := os.WriteFile(real, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, path)] = real
	}
	var imports, cases strings.Builder
	number := 0
	for name, p := range programs {
		code, _ := p.first("go")
		pkg := fmt.Sprint("p", number)
		number++
		code = strings.Replace(code, "package main\n", "package "+pkg+"\n", 1)
		code = strings.Replace(code, "\nfunc main() {", "\nfunc Main() {", 1)
		add("docs/findings/program/"+pkg+"/main.go", code)
		fmt.Fprintf(&imports, "\t\"github.com/xcmatrix/xcmatrix/docs/findings/program/%s\"\n", pkg)
		fmt.Fprintf(&cases, "\tcase %q:\n\t\t%s.Main()\n", name, pkg)
	}
	add("docs/findings/program/main.go", "package main\n\nimport (\n\t\"os\"\n"+imports.String()+")\n\nfunc main() {\n\tswitch os.Args[1] {\n"+cases.String()+"\t}\n}\n")
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "programs")
	if err := os.WriteFile(overlay, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "-overlay", overlay, "./docs/findings/program")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}
