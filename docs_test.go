package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// pairs are the pages, each in both languages.
var pairs = [][2]string{{"README.md", "README.zh-CN.md"}, {"docs/architecture.md", "docs/architecture.zh-CN.md"},
	{"docs/http.md", "docs/http.zh-CN.md"}, {"docs/lab.md", "docs/lab.zh-CN.md"}, {"docs/fleet.md", "docs/fleet.zh-CN.md"}, {"docs/certificates.md", "docs/certificates.zh-CN.md"},
	{"docs/measuring.md", "docs/measuring.zh-CN.md"}, {"docs/virtual-machines.md", "docs/virtual-machines.zh-CN.md"},
	{"docs/old-world.md", "docs/old-world.zh-CN.md"}, {"docs/glossary.md", "docs/glossary.zh-CN.md"},
	{"docs/own-tests.md", "docs/own-tests.zh-CN.md"}, {"docs/elf.md", "docs/elf.zh-CN.md"}, {"docs/claims.md", "docs/claims.zh-CN.md"}, {"docs/doctor.md", "docs/doctor.zh-CN.md"}, {"docs/tuning.md", "docs/tuning.zh-CN.md"},
	{"docs/stability.md", "docs/stability.zh-CN.md"}, {"CONTRIBUTING.md", "CONTRIBUTING.zh-CN.md"},
	{"docs/packages.md", "docs/packages.zh-CN.md"}, {"CHANGELOG.md", "CHANGELOG.zh-CN.md"}, {"SECURITY.md", "SECURITY.zh-CN.md"}}

// pages are all of them.
func pages(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(names, top...)
}

// TestEveryPageIsInAPair: one that is in no pair is compared with nothing.
func TestEveryPageIsInAPair(t *testing.T) {
	paired := map[string]bool{}
	for _, pair := range pairs {
		paired[pair[0]], paired[pair[1]] = true, true
		for i, name := range pair {
			text, err := os.ReadFile(name)
			if other := "](" + filepath.Base(pair[1-i]) + ")"; err != nil || !strings.Contains(string(text), other) {
				t.Errorf("%s has no link %s to its other language: %v", name, other, err)
			}
		}
	}
	for _, name := range pages(t) {
		if !paired[name] {
			t.Errorf("%s is in no pair", name)
		}
	}
}

// page is a Markdown file as the tests look at it.
type page struct {
	name     string
	headings []string // "##": the level alone
	blocks   []block
	tables   [][][]string // rows of cells, without the rule below the header
}

// block is a fenced block of code.
type block struct{ lang, text string }

func read(t *testing.T, name string) page {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p := page{name: name}
	var open *block
	inTable := false
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		fence, isFence := strings.CutPrefix(line, "```")
		isRow := open == nil && strings.HasPrefix(line, "|")
		switch {
		case isFence && open == nil:
			open = &block{lang: fence}
		case isFence:
			p.blocks, open = append(p.blocks, *open), nil
		case open != nil:
			open.text += line + "\n"
		case strings.HasPrefix(line, "#"):
			level, _, _ := strings.Cut(line, " ")
			p.headings = append(p.headings, level)
		case isRow && !inTable:
			p.tables = append(p.tables, nil)
			fallthrough
		case isRow:
			if cells := cells(line); !strings.HasPrefix(cells[0], "--") {
				p.tables[len(p.tables)-1] = append(p.tables[len(p.tables)-1], cells)
			}
		}
		inTable = isRow
	}
	if open != nil {
		t.Fatalf("%s: the last block of code is not closed", name)
	}
	return p
}

func cells(row string) []string {
	cells := strings.Split(strings.Trim(row, "|"), "|")
	for i, c := range cells {
		cells[i] = strings.TrimSpace(c)
	}
	return cells
}

// key is what a row is about, without its translation: the code in its first cell, or all of it.
func key(row []string) string {
	if parts := strings.Split(row[0], "`"); len(parts) > 2 {
		return parts[1]
	}
	return row[0]
}

var comments = map[string]*regexp.Regexp{
	"sh":   regexp.MustCompile(`(?m)\s+# .*$`),
	"yaml": regexp.MustCompile(`(?m)\s+# .*$`),
	"go":   regexp.MustCompile(`(?m)\s+// .*$`),
}

func TestBothLanguagesHaveTheSameShape(t *testing.T) {
	for _, pair := range pairs {
		en, zh := read(t, pair[0]), read(t, pair[1])
		if !slices.Equal(en.headings, zh.headings) {
			t.Errorf("%s has the headings %v, %s %v", en.name, en.headings, zh.name, zh.headings)
		}
		if len(en.blocks) != len(zh.blocks) || len(en.tables) != len(zh.tables) {
			t.Fatalf("%s has %d blocks and %d tables, %s %d and %d", en.name, len(en.blocks), len(en.tables), zh.name,
				len(zh.blocks), len(zh.tables))
		}
		for i, b := range en.blocks {
			if diff := blocksDiffer(b, zh.blocks[i]); diff != "" {
				t.Errorf("%s and %s, block %d: %s", en.name, zh.name, i+1, diff)
			}
		}
		for i, rows := range en.tables {
			if diff := tablesDiffer(rows, zh.tables[i]); diff != "" {
				t.Errorf("%s and %s, table %d: %s", en.name, zh.name, i+1, diff)
			}
		}
	}
}

// blocksDiffer says where two blocks differ in more than their language.
func blocksDiffer(a, b block) string {
	if a.lang != b.lang {
		return fmt.Sprintf("the one is %s, the other %s", a.lang, b.lang)
	}
	strip, isCode := comments[a.lang]
	if !isCode { // what the program prints: the same lines in another language
		if n, m := strings.Count(a.text, "\n"), strings.Count(b.text, "\n"); n != m {
			return fmt.Sprintf("the one has %d lines, the other %d", n, m)
		}
		return ""
	}
	if x, y := strip.ReplaceAllString(a.text, ""), strip.ReplaceAllString(b.text, ""); x != y {
		return fmt.Sprintf("the one reads\n%s\nthe other\n%s", x, y)
	}
	return ""
}

// translated reports whether a key is Chinese words, which only a person can compare.
func translated(key string) bool {
	return strings.ContainsFunc(key, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func tablesDiffer(a, b [][]string) string {
	if len(a) != len(b) {
		return fmt.Sprintf("the one has %d rows, the other %d", len(a), len(b))
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return fmt.Sprintf("row %d has %d and %d columns", i, len(a[i]), len(b[i]))
		}
		if i > 0 && key(a[i]) != key(b[i]) && !translated(key(b[i])) {
			return fmt.Sprintf("row %d is about %q and %q", i, key(a[i]), key(b[i]))
		}
	}
	return ""
}

// first is the first block of a language.
func (p page) first(lang string) (string, bool) {
	i := slices.IndexFunc(p.blocks, func(b block) bool { return b.lang == lang })
	if i < 0 {
		return "", false
	}
	return p.blocks[i].text, true
}

func TestMatrixInTheReadmeIsOne(t *testing.T) {
	for _, name := range pairs[0] {
		text, ok := read(t, name).first("yaml")
		if !ok {
			t.Fatalf("%s shows no matrix", name)
		}
		if _, err := matrix.Parse(name, []byte(text)); err != nil {
			t.Error(err)
		}
	}
}

func TestExitCodesInTheReadmeAreThoseOfTheProgram(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "cli/cli.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "exit") {
			want = append(want, v.Values[0].(*ast.BasicLit).Value)
		}
		return true
	})
	checkColumn(t, "0", want)
}

func TestVerdictsInTheReadmeAreThoseOfTheRecord(t *testing.T) {
	var want []string
	for _, v := range record.Verdicts {
		want = append(want, string(v))
	}
	checkColumn(t, want[0], want)
}

// checkColumn finds the table of the READMEs that begins with first, and compares what its rows are about.
func checkColumn(t *testing.T, first string, want []string) {
	for _, name := range pairs[0] {
		found := false
		for _, table := range read(t, name).tables {
			if len(table) < 2 || key(table[1]) != first {
				continue
			}
			found = true
			var got []string
			for _, row := range table[1:] {
				got = append(got, key(row))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s lists %v, the program has %v", name, got, want)
			}
		}
		if !found {
			t.Errorf("%s has no table that begins with %s", name, first)
		}
	}
}

var links = regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	for _, name := range pages(t) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range links.FindAllStringSubmatch(string(raw), -1) {
			target := filepath.Join(filepath.Dir(name), m[1])
			if m[1] == "" {
				target = name
			}
			text, err := os.ReadFile(target)
			if _, isDir := os.Stat(target); isDir != nil {
				t.Errorf("%s: %v", name, isDir)
			}
			heading := strings.ReplaceAll(strings.TrimPrefix(m[2], "#"), "-", " ")
			if m[2] != "" && (err != nil || !strings.Contains(strings.ToLower(string(text)), "# "+heading+"\n")) {
				t.Errorf("%s: %s has no heading %q", name, m[1], heading)
			}
		}
	}
}
