package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// tops are the top directories, and which of the others the packages of each may import. An entry with a slash allows one
// package alone.
var tops = map[string][]string{
	"":        {"cli"}, // main.go
	"cli":     {"matrix", "suites", "drivers", "results"},
	"matrix":  {"results", "drivers/child"},
	"suites":  {"results", "drivers"},
	"drivers": {"results"},
	"results": nil,
	"scripts": nil, // programs of the checkout itself
}

// TestImports compares the packages' imports with docs/architecture.md.
func TestImports(t *testing.T) {
	imports := projectImports(t)
	for _, fault := range importFaults(imports) {
		t.Error(fault)
	}
	for _, fault := range crossings(imports) {
		t.Error(fault)
	}
}

// TestImportFaults feeds both rules with imports that break them.
func TestImportFaults(t *testing.T) {
	for name, c := range map[string]struct {
		imports map[string][]string
		want    []string
	}{
		"results import suites":    {map[string][]string{"results/store": {"suites/check"}}, []string{"results/store imports suites/check"}},
		"matrix imports a dialect": {map[string][]string{"matrix/run": {"drivers/child", "drivers/postgres"}}, []string{"matrix/run imports drivers/postgres"}},
		"record imports results":   {map[string][]string{"results/record": {"results/retry"}}, []string{"results/record imports results/retry"}},
		"an unknown top directory": {map[string][]string{"tools": nil}, []string{"tools stands in no directory that docs/architecture.md knows"}},
		"two directories import each other": {map[string][]string{"results/render/html": {"results/certify"}, "results/certify": {"results/render"}},
			[]string{"results: certify and render import each other"}},
		"three in a circle": {map[string][]string{"matrix/a": {"matrix/b"}, "matrix/b/x": {"matrix/c"}, "matrix/c": {"matrix/a/x"}},
			[]string{"matrix: a, b, c import each other in a circle"}},
		"all is well": {map[string][]string{"": {"cli"}, "cli": {"matrix/run", "suites"}, "matrix/run": {"matrix", "drivers/child"}, "matrix": {"matrix/build"}}, nil},
	} {
		if got := append(importFaults(c.imports), crossings(c.imports)...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// projectImports lists the module's packages, by their path below the module, with the packages of the module that each
// imports outside its tests.
func projectImports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/xcmatrix/xcmatrix"
	imports := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var listed struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&listed); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(listed.ImportPath, module), "/")
		imports[name] = nil
		for _, path := range listed.Imports {
			if own, ok := strings.CutPrefix(path, module+"/"); ok {
				imports[name] = append(imports[name], own)
			}
		}
	}
	if len(imports) < 50 {
		t.Fatalf("go list names %d packages: too few to be the module", len(imports))
	}
	return imports
}

// importFaults returns a sentence for each import that the top directories do not allow.
func importFaults(imports map[string][]string) (faults []string) {
	for name, paths := range imports {
		top, _, _ := strings.Cut(name, "/")
		allowed, known := tops[top]
		if !known {
			faults = append(faults, name+" stands in no directory that docs/architecture.md knows")
			continue
		}
		for _, path := range paths {
			other, _, _ := strings.Cut(path, "/")
			switch {
			case name == "results/record": // the contract: the standard library alone
			case other == top || slices.Contains(allowed, other) || slices.Contains(allowed, path):
				continue
			}
			faults = append(faults, name+" imports "+path)
		}
	}
	slices.Sort(faults)
	return faults
}

// crossings returns a sentence for each group of neighbouring directories whose packages import each other in a circle.
// The compiler refuses a circle of packages alone: render/html may import certify, and certify render.
func crossings(imports map[string][]string) (faults []string) {
	arrows := map[string]map[string]map[string]bool{} // parent, child, children that it imports
	for name, paths := range imports {
		for _, path := range paths {
			parent, from, to := fork(name, path)
			if from == "" || to == "" {
				continue // a directory and what lies in it
			}
			if arrows[parent] == nil {
				arrows[parent] = map[string]map[string]bool{}
			}
			if arrows[parent][from] == nil {
				arrows[parent][from] = map[string]bool{}
			}
			arrows[parent][from][to] = true
		}
	}
	for parent, graph := range arrows {
		for _, circle := range circles(graph) {
			last := " import each other in a circle"
			names := strings.Join(circle, ", ")
			if len(circle) == 2 {
				names, last = strings.Join(circle, " and "), " import each other"
			}
			faults = append(faults, parent+": "+names+last)
		}
	}
	slices.Sort(faults)
	return faults
}

// fork returns the directory that both paths lie in, and the name within it that each continues with, "" for none.
func fork(a, b string) (parent, nextA, nextB string) {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < min(len(as), len(bs)) && as[n] == bs[n] {
		n++
	}
	if n < len(as) {
		nextA = as[n]
	}
	if n < len(bs) {
		nextB = bs[n]
	}
	return strings.Join(as[:n], "/"), nextA, nextB
}

// circles returns the groups of nodes of a graph each of which reaches all others of its group, sorted.
func circles(graph map[string]map[string]bool) (groups [][]string) {
	reached := map[string]map[string]bool{}
	var visit func(from, node string)
	visit = func(from, node string) {
		for next := range graph[node] {
			if !reached[from][next] {
				reached[from][next] = true
				visit(from, next)
			}
		}
	}
	for node := range graph {
		reached[node] = map[string]bool{}
		visit(node, node)
	}
	done := map[string]bool{}
	for node := range graph {
		var group []string
		for other := range reached[node] {
			if reached[other][node] && !done[other] {
				group, done[other] = append(group, other), true
			}
		}
		if len(group) > 0 {
			slices.Sort(group)
			groups = append(groups, group)
		}
	}
	return groups
}
