package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestDMModuleKnowsOurModules: drivers/dm is a module of its own, which cannot be tidied without its driver. It has to list each
// module that the program is built from, in the same version, with its digest.
func TestDMModuleKnowsOurModules(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if .Version}}{{.Path}} {{.Version}}{{end}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]bool{}
	for _, m := range strings.Fields(strings.ReplaceAll(string(out), " ", "@")) {
		modules[strings.Replace(m, "@", " ", 1)] = true
	}
	if len(modules) < 20 {
		t.Fatalf("go list names %d modules: too few to be the program's", len(modules))
	}
	for file, after := range map[string]string{"drivers/dm/go.mod": " ", "drivers/dm/go.sum": " h1:"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for m := range modules {
			if !strings.Contains(string(text), m+after) {
				t.Errorf("%s lacks %s", file, m)
			}
		}
	}
}
