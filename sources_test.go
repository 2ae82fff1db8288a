package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// TestSources holds what is embedded against what the small program that carries tests imports: a package that it imports
// newly has to be named in main.go, and in package carriers.
func TestSources(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-tags=carrier", "-f", "{{.ImportPath}} {{range .GoFiles}}{{.}} {{end}}", "./matrix/gotest/carrier/command")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	out, err := cmd.Output()
	if err != nil {
		needs.Absent(t, needs.Go, fmt.Sprint("the go command does not list packages: ", err))
	}
	checked := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		dir, ours := strings.CutPrefix(words[0], "github.com/xcmatrix/xcmatrix/")
		if !ours {
			continue
		}
		for _, file := range words[1:] {
			checked++
			if _, err := fs.Stat(sources, path.Join(dir, file)); err != nil {
				t.Errorf("%s/%s is not embedded: name it in main.go, and its package in matrix/gotest/carriers", dir, file)
			}
		}
	}
	if checked == 0 {
		t.Error("no file was looked at")
	}
}
