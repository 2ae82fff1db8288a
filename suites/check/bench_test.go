package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Time and CPU time are those of the same work, with any code before and after the loop.
func TestCPUTimeOfTheLoop(t *testing.T) {
	spin := func(d time.Duration) {
		for end := CPUTime() + d; CPUTime() < end; {
		}
	}
	m := sampleOnce("set-up", func(b *testing.B) {
		spin(300 * time.Millisecond)
		BeforeLoop(b)
		for b.Loop() {
			time.Sleep(time.Millisecond)
		}
		AfterLoop(b)
		spin(300 * time.Millisecond)
	})
	if m.cpu <= 0 || m.cpu > 250*time.Millisecond {
		t.Errorf("%v of processor time in %v of sleep", m.cpu, m.T)
	}
	m = sampleOnce("nothing but a loop", func(b *testing.B) {
		for b.Loop() {
			spin(time.Millisecond)
		}
	})
	if least := time.Duration(m.N) * time.Millisecond; m.cpu < least {
		t.Errorf("%v of processor time, want at least %v", m.cpu, least)
	}
}

// Each body with code before or after its loop calls BeforeLoop and AfterLoop.
func TestBodiesCallBeforeAndAfterLoop(t *testing.T) {
	found := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			block, ok := n.(*ast.BlockStmt)
			if !ok {
				return true
			}
			for i, s := range block.List {
				if loop, ok := s.(*ast.ForStmt); ok && called(loop.Cond) == "b.Loop" {
					found++
					if i > 0 && call(block.List[i-1]) != "check.BeforeLoop" {
						t.Errorf("%s: code before the loop without check.BeforeLoop(b) right before it", set.Position(loop.Pos()))
					}
					if i < len(block.List)-1 && call(block.List[i+1]) != "check.AfterLoop" {
						t.Errorf("%s: code after the loop without check.AfterLoop(b) right after it", set.Position(loop.Pos()))
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found < 5 {
		t.Errorf("%d loops, %v", found, err)
	}
}

// call returns the function that a statement calls: "check.BeforeLoop".
func call(s ast.Stmt) string {
	if e, ok := s.(*ast.ExprStmt); ok {
		return called(e.X)
	}
	return ""
}

func called(e ast.Expr) string {
	c, ok := e.(*ast.CallExpr)
	if !ok {
		return ""
	}
	f, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := f.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return x.Name + "." + f.Sel.Name
}

// A process allocates the same between two garbage collections, with any number of other bytes in use.
func TestScaledGCPercent(t *testing.T) {
	const mib = 1 << 20
	for name, c := range map[string]struct {
		percent, want int
		holds, bare   uint64
	}{
		"as bare":                {100, 100, mib, mib},
		"a little more":          {100, 125, 2 * mib, mib}, // 5 MiB: 2 and the 3 that bare has
		"more than the least":    {100, 50, 6 * mib, mib},  // 9 MiB
		"asked for less":         {50, 25, 4 * mib, mib},   // 5 MiB: bare has 1 of 2
		"bare above the least":   {50, 12, 16 * mib, 4 * mib},
		"collected without end":  {1, 1, 64 * mib, mib},
		"not collected":          {-1, -1, 8 * mib, mib},
		"collected all the time": {0, 0, 8 * mib, mib},
	} {
		if got := scaledGCPercent(c.percent, c.holds, c.bare); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
}
