package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestNothingIsCompiledAtStart reads all code but tests: the file is every payload's too, and each start of a payload would
// compile the patterns and templates of all packages. results/pattern and sync.OnceValue compile one at its first use.
func TestNothingIsCompiledAtStart(t *testing.T) {
	eachSource(t, func(set *token.FileSet, file *ast.File) {
		for _, call := range compiledAtStart(file) {
			if strings.HasPrefix(set.Position(call.Pos()).Filename, "scripts/") {
				continue // programs of the checkout, no part of a payload
			}
			t.Errorf("%s: use pattern.Of, or sync.OnceValue, which compile at the first use", set.Position(call.Pos()))
		}
	})
}

// TestPatternsAtStartAreFound feeds the rule with code that breaks it.
func TestPatternsAtStartAreFound(t *testing.T) {
	for code, want := range map[string]int{
		"var a = regexp.MustCompile(`a`)": 1, "var a = []*regexp.Regexp{regexp.MustCompile(`a`)}": 1, "var a, _ = regexp.Compile(`a`)": 1,
		"var a = template.Must(template.New(``).Parse(`a`))": 1, "var a = sync.OnceValue(func() any { return template.Must(template.New(``).Parse(`a`)) })": 0,
		"func f() { regexp.MustCompile(`a`) }": 0, "var a = func() any { return regexp.MustCompile(`a`) }": 0, "var a = pattern.Of(`a`)": 0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a; "+code, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(compiledAtStart(file)); got != want {
			t.Errorf("%s: %d found, want %d", code, got, want)
		}
	}
}

// compiledAtStart returns each call of a file's declarations, outside functions, that compiles a regular expression or a template.
func compiledAtStart(file *ast.File) (found []ast.Node) {
	for _, declaration := range file.Decls {
		if _, isFunction := declaration.(*ast.FuncDecl); isFunction {
			continue
		}
		ast.Inspect(declaration, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && (x.Name == "regexp" && strings.Contains(s.Sel.Name, "Compile") || x.Name == "template" && s.Sel.Name == "Must") {
					found = append(found, n)
				}
			}
			_, isFunction := n.(*ast.FuncLit)
			return !isFunction
		})
	}
	return found
}
