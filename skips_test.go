package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// byDesign begin the reasons of tests that are skipped although nothing is absent.
var byDesign = []string{"-short: ", "long form: ", "does not apply: "}

// A test that is skipped because something is absent says so with needs.Absent, so that it can be required; see
// results/needs.
func TestSkipsAreByDesignOrByNeed(t *testing.T) {
	found := 0
	for _, name := range projectFiles(t) {
		if !strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "results/needs/") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is {
				return true
			}
			f, is := call.Fun.(*ast.SelectorExpr)
			if !is || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, f.Sel.Name) || !slices.Contains([]string{"t", "b", "f", "tb"}, nameOf(f.X)) {
				return true
			}
			found++
			if reason := firstText(call); !slices.ContainsFunc(byDesign, func(p string) bool { return strings.HasPrefix(reason, p) }) {
				t.Errorf("%s: the reason %q begins with none of %q: is something absent? Then needs.Absent", set.Position(call.Pos()), reason, byDesign)
			}
			return true
		})
	}
	if found < 10 {
		t.Errorf("%d skips", found)
	}
}

func nameOf(e ast.Expr) string {
	if id, is := e.(*ast.Ident); is {
		return id.Name
	}
	return ""
}

// firstText is the string that the first argument is, or begins with.
func firstText(call *ast.CallExpr) string {
	if len(call.Args) == 0 {
		return ""
	}
	e := call.Args[0]
	for {
		sum, is := e.(*ast.BinaryExpr)
		if !is {
			break
		}
		e = sum.X
	}
	literal, is := e.(*ast.BasicLit)
	if !is {
		return ""
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return text
}
