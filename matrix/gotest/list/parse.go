package list

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// parse finds what `go test` would put into the tables of the package's test binary.
func (p *Package) parse() {
	for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			p.Wrong = err.Error()
		}
		if file != nil {
			p.addFile(file)
		}
	}
}

func (p *Package) addFile(file *ast.File) {
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Recv != nil {
			continue
		}
		switch name := fn.Name.Name; {
		case name == "TestMain" && takes(fn, "M"):
			p.TestMain = true
		case isNamed(name, "Test") && takes(fn, "T"):
			p.Funcs = append(p.Funcs, Func{name, Test})
		case isNamed(name, "Fuzz") && takes(fn, "F"):
			p.Funcs = append(p.Funcs, Func{name, Fuzz})
		case isNamed(name, "Benchmark") && takes(fn, "B"):
			p.Funcs = append(p.Funcs, Func{name, Benchmark})
		}
	}
	for _, e := range doc.Examples(file) {
		if e.Output != "" || e.EmptyOutput {
			p.Funcs = append(p.Funcs, Func{"Example" + e.Name, Example})
		}
	}
}

// isNamed reports whether a name is a prefix and a word that does not begin with a lower-case letter, as in go help testfunc.
func isNamed(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || !unicode.IsLower(r)
}

// takes reports whether a function's one parameter is a pointer to a type of that name, and it returns nothing.
func takes(fn *ast.FuncDecl, typ string) bool {
	params := fn.Type.Params.List
	if len(params) != 1 || len(params[0].Names) > 1 || fn.Type.Results != nil || fn.Type.TypeParams != nil {
		return false
	}
	star, ok := params[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	switch x := star.X.(type) {
	case *ast.SelectorExpr:
		return x.Sel.Name == typ
	case *ast.Ident:
		return x.Name == typ
	}
	return false
}
