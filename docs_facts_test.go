package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/cli"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/suites"
)

// planned is how many specs each item has on this machine, by `xcmatrix plan`, without servers, vectors and drivers of the
// user's own.
func planned(t *testing.T, args ...string) map[string]int {
	t.Helper()
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "XCMATRIX_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	var out, errOut bytes.Buffer
	if code := cli.Main(append([]string{"plan", "--target", "native", "--json"}, args...), strings.NewReader(""), &out, &errOut); code != 0 {
		t.Fatalf("status %d: %s", code, errOut.String())
	}
	var plan struct {
		Cells []struct {
			Item  string
			Specs int
		}
	}
	if err := json.Unmarshal(out.Bytes(), &plan); err != nil {
		t.Fatal(err)
	}
	specs := map[string]int{}
	for _, c := range plan.Cells {
		specs[c.Item] = c.Specs
	}
	return specs
}

// itemRow is a row of the READMEs' table of items.
var itemRow = regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| (\\d+) \\| (yes|no|是|否) \\|")

// TestItemsInTheReadmeAreThoseOfThePlan; XCMATRIX_UPDATE=1 writes the numbers anew.
func TestItemsInTheReadmeAreThoseOfThePlan(t *testing.T) {
	update := os.Getenv("XCMATRIX_UPDATE") != ""
	all, standard := planned(t, "--suite", "*"), planned(t)
	delete(all, "selftest") // tries the harness
	for _, name := range pairs[0] {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		listed := map[string]bool{}
		now := itemRow.ReplaceAllStringFunc(string(text), func(row string) string {
			m := itemRow.FindStringSubmatch(row)
			listed[m[1]] = true
			_, byDefault := standard[m[1]]
			if said := m[3] == "yes" || m[3] == "是"; said != byDefault {
				t.Errorf("%s: the default matrix runs %s: %v", name, m[1], byDefault)
			}
			return strings.Replace(row, "| "+m[2]+" |", "| "+strconv.Itoa(all[m[1]])+" |", 1)
		})
		for item := range all {
			if !listed[item] {
				t.Errorf("%s does not list %s", name, item)
			}
		}
		if update && now != string(text) {
			err = os.WriteFile(name, []byte(now), 0o644)
		} else if now != string(text) {
			t.Errorf("%s has other numbers of specs than `xcmatrix plan`: %v; XCMATRIX_UPDATE=1 go test -run %s . writes them", name, all, t.Name())
		}
		if err != nil {
			t.Fatal(err)
		}
		for item, cells := range verdictTable(string(text)) {
			for _, cell := range cells {
				if n, whole := sum(cell); whole && n != all[item] {
					t.Errorf("%s: the table of verdicts has %d specs of %s in %q, the plan %d", name, n, item, cell, all[item])
				}
			}
		}
	}
}

// verdictTable are the cells of the first table of verdicts that a page shows, by item.
func verdictTable(text string) map[string][]string {
	_, text, _ = strings.Cut(text, "├")
	text, _, _ = strings.Cut(text, "└")
	rows := map[string][]string{}
	for line := range strings.Lines(text) {
		if cells := strings.Split(strings.Trim(strings.TrimSpace(line), "│"), "│"); strings.HasPrefix(line, "│") {
			item, _, _ := strings.Cut(strings.TrimSpace(cells[0]), " ")
			rows[item] = cells[1:]
		}
	}
	return rows
}

// sum adds the numbers of a cell of verdicts; whole is false where some are left out.
func sum(cell string) (n int, whole bool) {
	for _, word := range strings.Fields(cell) {
		if number, err := strconv.Atoi(word); err == nil {
			n += number
		}
	}
	return n, !strings.Contains(cell, "…")
}

// ownVariable is one of this program's environment variables.
var ownVariable = regexp.MustCompile(`XCMATRIX_[A-Z]+(_[A-Z]+)*_?`)

// noVariables are names in the code that nobody is meant to set, each with what it is; XCMATRIX_TEST_ begins those of the
// project's own tests.
var noVariables = map[string]string{
	"XCMATRIX_NO_SUCH_VARIABLE": "is never set, so that a compiler cannot know the length of its value",
	"XCMATRIX_UPDATE":           "of tests alone: writes golden files",
}

// variables are those that the program, its scripts and the Makefile read or set, each with a place.
func variables(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "testdata" || name == "results" && path == "results/runs" || strings.HasPrefix(name, ".") && name != "."):
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		switch {
		case strings.HasSuffix(name, ".go"):
			return stringsOf(path, func(text string) {
				for _, v := range ownVariable.FindAllString(text, -1) {
					found[v] = path
				}
			})
		case strings.HasPrefix(path, "scripts/") || name == "Makefile":
			text, err := os.ReadFile(path)
			for _, v := range ownVariable.FindAllString(string(text), -1) {
				found[v] = path
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// stringsOf calls f with every string literal of a Go file.
func stringsOf(path string, f func(string)) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				f(text)
			}
		}
		return true
	})
	return nil
}

// general is the name under which the pages have a variable: XCMATRIX_DSN_<NAME> for that of each database.
func general(variable string) string {
	for _, family := range []string{"XCMATRIX_DSN_", "XCMATRIX_PASSWORD_FILE_", "XCMATRIX_PASSWORD_", "XCMATRIX_MISSING_", "XCMATRIX_TLS_SERVICE_", "XCMATRIX_TLS_"} {
		if strings.HasPrefix(variable, family) {
			return family + "<NAME>"
		}
	}
	return variable
}

// TestVariablesAreDocumented: what the code reads is in a table of the pages, in both languages, and what these have the
// code reads.
func TestVariablesAreDocumented(t *testing.T) {
	used := variables(t)
	if len(used) < 10 {
		t.Fatalf("only %v were found", used)
	}
	known := map[string]bool{}
	for v := range used {
		known[general(v)] = true
	}
	for lang := range 2 {
		documented := map[string]bool{}
		for _, pair := range pairs {
			for _, table := range read(t, pair[lang]).tables {
				for _, row := range table {
					documented[key(row)] = true
				}
			}
			text, err := os.ReadFile(pair[lang])
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range regexp.MustCompile(`XCMATRIX_[A-Z_]*[A-Z](_<NAME>)?`).FindAllString(string(text), -1) {
				if !known[general(v)] && noVariables[v] == "" {
					t.Errorf("%s: nothing reads %s", pair[lang], v)
				}
			}
		}
		for v, path := range used {
			if noVariables[v] == "" && !strings.HasPrefix(v, "XCMATRIX_TEST_") && !documented[general(v)] {
				t.Errorf("%s: %s is in no table of the pages (language %d)", path, v, lang)
			}
		}
	}
}

var (
	span     = regexp.MustCompile("`([^`\n]+(?:\n[^`\n]+)?)`")
	flag     = regexp.MustCompile(`--[a-z][a-z-]+`)
	flagLine = regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z-]+)`)
)

// flagsOf are the flags of a command, by its own help; nil where there is no such command.
func flagsOf(t *testing.T, words ...string) []string {
	t.Helper()
	var out, errOut bytes.Buffer
	if cli.Main(append(slices.Clone(words), "--help", "--lang=en"), strings.NewReader(""), &out, &errOut) != 0 {
		return nil
	}
	var flags []string
	for _, m := range flagLine.FindAllStringSubmatch(out.String(), -1) {
		flags = append(flags, m[1])
	}
	return flags
}

// TestFlagsInSentencesExist: those of shell blocks are looked at by TestCommandsInThePagesExist. A flag beside its command
// belongs to it; one by itself to some command, or to a script of ours.
func TestFlagsInSentencesExist(t *testing.T) {
	verbs := strings.Fields("ab bench certify compare detect doctor elf exec findings history keygen machine plan publish run serve show test verify version")
	nested := [][]string{{"compare", "aa"}, {"compare", "power"}, {"compare", "synthetic"}, {"bench", "boots"}, {"bench", "fidelity"},
		{"machine", "lock"}, {"machine", "unlock"}, {"machine", "status"}, {"tune", "gc"}, {"hub", "start"}, {"hub", "enrol"}, {"hub", "reserve"}, {"hub", "machines"}, {"agent", "install"}, {"agent", "kubernetes"}}
	of, anywhere := map[string][]string{}, []string{}
	for _, verb := range verbs {
		of[verb] = flagsOf(t, verb)
		if len(of[verb]) == 0 {
			t.Fatalf("%s has no flags", verb)
		}
		anywhere = append(anywhere, of[verb]...)
	}
	for _, words := range nested {
		of[strings.Join(words, " ")] = flagsOf(t, words...)
		anywhere = append(anywhere, flagsOf(t, words...)...)
	}
	scripts, err := filepath.Glob("scripts/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range scripts {
		if text, err := os.ReadFile(name); err == nil {
			anywhere = append(anywhere, flag.FindAllString(string(text), -1)...)
		}
	}
	seen := 0
	for _, name := range pages(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		prose := regexp.MustCompile("(?ms)^```.*?^```").ReplaceAllString(string(text), "")
		for _, m := range span.FindAllStringSubmatch(prose, -1) {
			words := strings.Fields(strings.TrimPrefix(m[1], "xcmatrix "))
			have, verb := anywhere, ""
			if len(words) > 1 && of[words[0]+" "+words[1]] != nil {
				verb = words[0] + " " + words[1]
			} else if len(words) > 0 && of[words[0]] != nil {
				verb = words[0]
			}
			if verb != "" {
				have = of[verb]
			}
			for _, f := range flag.FindAllString(m[1], -1) {
				seen++
				if !slices.Contains(have, f) {
					t.Errorf("%s: `%s`: there is no %s", name, m[1], strings.TrimSpace(verb+" "+f))
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d flags were seen", seen)
	}
}

// goBuild is a command of the pages that builds this program.
var goBuild = regexp.MustCompile("(?m)^.*\\bgo build\\b[^`\n#]*")

// TestDocumentedBuildIsStatic: with cgo the file would need the C library of the machine that it was built on.
func TestDocumentedBuildIsStatic(t *testing.T) {
	commands := map[string]bool{}
	for _, name := range pages(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range goBuild.FindAllString(string(text), -1) {
			if !strings.Contains(line, "CGO_ENABLED=0") {
				t.Errorf("%s: %s makes a file that needs a C library", name, line)
			}
			commands[strings.TrimSpace(line)] = true
		}
	}
	const command = "CGO_ENABLED=0 go build -trimpath -o xcmatrix ."
	if !commands[command] {
		t.Fatalf("no page shows %s: %v", command, commands)
	}
	if testing.Short() {
		t.Skip("-short: the program is built")
	}
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, "no go command")
	}
	out := filepath.Join(t.TempDir(), "xcmatrix")
	shell := exec.Command("sh", "-c", strings.Replace(command, "-o xcmatrix", "-o "+out, 1))
	if said, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	f, err := elf.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Error(fmt.Sprint(command, " makes a dynamic file: ", p.Type))
		}
	}
}

// withoutSuite is where the pages on certificates list the items that no suite checks yet.
var withoutSuite = regexp.MustCompile("(?s)(?:no suite yet|尚无套件)[（ (]+((?:`[a-z]+`[, 、]*)+)")

// TestItemsWithoutASuiteAreNamed: a profile that asks for these can be met by no run, and who reads the pages is told.
func TestItemsWithoutASuiteAreNamed(t *testing.T) {
	var want []string
	for _, item := range catalog.Items() {
		if _, ok := suites.Find(item.ID); !ok && item.ID != gotest.Item {
			want = append(want, item.ID)
		}
	}
	slices.Sort(want)
	for _, name := range []string{"docs/certificates.md", "docs/certificates.zh-CN.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if m := withoutSuite.FindStringSubmatch(string(text)); m != nil {
			got = regexp.MustCompile("[a-z]+").FindAllString(m[1], -1)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s says that %v have no suite; these have none: %v", name, got, want)
		}
	}
}
