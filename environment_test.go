package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// setters put a value into this process's own environment, where every library and child can read it.
var setters = []string{"os.Setenv", "os.Clearenv", "syscall.Setenv", "syscall.Clearenv", "unix.Setenv", "unix.Clearenv"}

// TestNothingIsPutIntoTheEnvironment reads all code but tests: data source names and passwords are passed as values.
func TestNothingIsPutIntoTheEnvironment(t *testing.T) {
	eachSource(t, func(set *token.FileSet, file *ast.File) {
		for _, call := range settings(file) {
			t.Errorf("%s: pass the value instead", set.Position(call.Pos()))
		}
	})
}

// eachSource calls read with each Go file of the checkout that is no test.
func eachSource(t *testing.T, read func(set *token.FileSet, file *ast.File)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err == nil {
			read(set, file)
		}
		return err
	})
	if err != nil || files < 300 {
		t.Fatalf("%d files, %v", files, err)
	}
}

// TestSettingsAreFound feeds the rule with code that breaks it.
func TestSettingsAreFound(t *testing.T) {
	for code, want := range map[string]int{
		`os.Setenv("A", "b")`: 1, `f := syscall.Setenv; f("A", "b")`: 1, `os.Getenv("A"); os.Unsetenv("A")`: 0, `cmd.Env = nil`: 0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a; func f() { "+code+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(settings(file)); got != want {
			t.Errorf("%s: %d found, want %d", code, got, want)
		}
	}
}

// settings returns each use of a setter in a file.
func settings(file *ast.File) (found []ast.Node) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(setters, x.Name+"."+s.Sel.Name) {
				found = append(found, n)
			}
		}
		return true
	})
	return found
}
