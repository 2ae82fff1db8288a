package main

import (
	"bytes"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// glossary is the page whose last four tables list the words that the project has given up.
const glossary = "docs/glossary.md"

// abandoned holds the lists of the glossary. A "…" in a phrase stands for up to 60 characters.
type abandoned struct {
	words   map[string]bool // lower case; also as a part of a name: "crew" forbids newCrew
	names   map[string]bool // identifiers of Go code, exactly
	phrases []*regexp.Regexp
	chinese []string
}

// TestGlossaryWordsAreUsed fails for each abandoned word in Go code, pages, YAML, the Makefile and scripts.
func TestGlossaryWordsAreUsed(t *testing.T) {
	lists := readAbandoned(t)
	for _, name := range projectFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range lists.find(name, text) {
			t.Errorf("%s (see %s)", problem, glossary)
		}
	}
}

// TestGlossaryFindsAbandonedWords proves that each kind of list finds what it forbids, and nothing else.
func TestGlossaryFindsAbandonedWords(t *testing.T) {
	lists := abandoned{words: map[string]bool{"crew": true}, names: map[string]bool{"came": true},
		phrases: []*regexp.Regexp{phrasePattern("is told"), phrasePattern("takes … for itself")}, chinese: []string{"载荷"}}
	for _, c := range []struct {
		file, text string
		want       int
	}{
		{"a.go", "package a\n\nfunc newCrew() {}\n", 1},
		{"a.go", "package a\n\nvar crewSize, screws int // Crew\n", 2},
		{"a.go", "package a\n\nvar came int // the answer came late\n", 1},
		{"a.go", "package a\n\n// It is\n// told why.\nvar a = \"is told\"\n", 2},
		{"a.md", "A spec takes the machine\nfor itself.\n", 1},
		{"a.md", "它是载荷。\n", 1},
		{"Makefile", "run: # a crew\n", 1},
		{"a.md", "The screw came late. He told this.\n", 0},
	} {
		if got := lists.find(c.file, []byte(c.text)); len(got) != c.want {
			t.Errorf("%s %q: found %q, want %d", c.file, c.text, got, c.want)
		}
	}
}

// TestGlossaryNamesEachWordOnce fails for a word that is defined twice, or is both defined and abandoned.
func TestGlossaryNamesEachWordOnce(t *testing.T) {
	lists, seen := readAbandoned(t), map[string]bool{}
	for _, table := range read(t, glossary).tables {
		for _, row := range table[1:] {
			word := key(row)
			if seen[word] || len(row) == 3 && (lists.words[word] || slices.Contains(lists.chinese, row[1])) {
				t.Errorf("%s is in the glossary twice", word)
			}
			seen[word] = true
		}
	}
}

// readAbandoned reads the glossary's last four tables.
func readAbandoned(t *testing.T) abandoned {
	t.Helper()
	tables := read(t, glossary).tables
	var columns [4][]string
	for i, table := range tables[len(tables)-4:] {
		if len(table) < 2 || len(table[0]) != 2 {
			t.Fatalf("%s: the table %q is no list of abandoned words", glossary, table[0])
		}
		for _, row := range table[1:] {
			columns[i] = append(columns[i], key(row))
		}
	}
	lists := abandoned{words: map[string]bool{}, names: map[string]bool{}, chinese: columns[3]}
	for _, word := range columns[0] {
		lists.words[strings.ToLower(word)] = true
	}
	for _, name := range columns[1] {
		lists.names[name] = true
	}
	for _, phrase := range columns[2] {
		lists.phrases = append(lists.phrases, phrasePattern(phrase))
	}
	return lists
}

// phrasePattern matches a phrase in any case, also where a line of a comment ends inside it.
func phrasePattern(phrase string) *regexp.Regexp {
	var parts []string
	for _, word := range strings.Fields(phrase) {
		if word == "…" {
			parts = append(parts, `.{1,60}?`)
		} else {
			parts = append(parts, regexp.QuoteMeta(word))
		}
	}
	return regexp.MustCompile(`(?is)\b` + strings.Join(parts, `(?:\s|//|#)+`) + `\b`)
}

// projectFiles returns the paths of the files that the glossary holds for: all but test data, results and the glossary.
func projectFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".git" || strings.HasPrefix(path, "results/runs") ||
			strings.HasPrefix(path, "results/certificates") || path == "results/key"):
			return filepath.SkipDir
		case !entry.Type().IsRegular() || strings.HasPrefix(path, "docs/glossary") || filepath.Base(path) == "docs_glossary_test.go":
			return nil
		case path == "Makefile", filepath.Dir(path) == "scripts", slices.Contains([]string{".go", ".md", ".yaml", ".html", ".sh"}, filepath.Ext(path)):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// find returns a sentence for each abandoned word in a file.
func (a abandoned) find(name string, text []byte) []string {
	var problems []string
	report := func(offset int, kind, word string) {
		problems = append(problems, fmt.Sprintf("%s:%d: abandoned %s %q", name, 1+bytes.Count(text[:offset], []byte("\n")), kind, word))
	}
	for _, at := range letters.FindAllIndex(text, -1) {
		for _, word := range parts(string(text[at[0]:at[1]])) {
			if a.words[strings.ToLower(word)] {
				report(at[0], "word", word)
			}
		}
	}
	for _, pattern := range a.phrases {
		for _, at := range pattern.FindAllIndex(text, -1) {
			report(at[0], "phrase", string(text[at[0]:at[1]]))
		}
	}
	for _, word := range a.chinese {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte(word))
			if i < 0 {
				break
			}
			report(at+i, "Chinese word", word)
			at += i + len(word)
		}
	}
	if filepath.Ext(name) == ".go" {
		for offset, identifier := range identifiers(text) {
			if a.names[identifier] {
				report(offset, "name", identifier)
			}
		}
	}
	return problems
}

var letters = regexp.MustCompile(`[A-Za-z]+`)

// parts splits a name where a small letter is followed by a capital one.
func parts(name string) []string {
	var words []string
	start := 0
	for i := 1; i < len(name); i++ {
		if unicode.IsUpper(rune(name[i])) && unicode.IsLower(rune(name[i-1])) {
			words, start = append(words, name[start:i]), i
		}
	}
	return append(words, name[start:])
}

// identifiers returns those of Go code, by their offset.
func identifiers(text []byte) map[int]string {
	set := token.NewFileSet()
	file := set.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, func(token.Position, string) {}, 0)
	found := map[int]string{}
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return found
		}
		if tok == token.IDENT {
			found[file.Offset(pos)] = literal
		}
	}
}
