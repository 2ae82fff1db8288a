package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Mutant is a mistake in a package.
type Mutant struct {
	Package string `yaml:"-"`     // its directory, from the module's root
	Name    string `yaml:"name"`  // what the mistake is
	Old     string `yaml:"old"`   // the right text: it stands once in the package's files that are no tests
	New     string `yaml:"new"`   // the wrong text in its place
	Tests   string `yaml:"tests"` // a pattern of tests that notice it; "" for all of the package's
	In      string `yaml:"in"`    // the directory of the package whose tests notice it; "" for its own
}

// Results of a mutant.
const (
	killed   = "killed"   // a test fails
	survived = "survived" // all tests pass
)

// load reads the lists in a directory: a file for each package.
func load(dir string) ([]Mutant, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s: no lists of mutants: run this in the module's root", dir)
	}
	var all []Mutant
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var list struct {
			Package string   `yaml:"package"`
			Mutants []Mutant `yaml:"mutants"`
		}
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		decoder.KnownFields(true)
		if err := decoder.Decode(&list); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, m := range list.Mutants {
			m.Package = list.Package
			all = append(all, m)
		}
	}
	return all, nil
}

// named reports whether a mutant's package or name holds one of the words; true if there are none.
func (m Mutant) named(words []string) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(m.Package+": "+m.Name, w) })
}

// apply finds the file that the mutant is in, and returns its path from the module's root and its text with the mistake. It
// fails unless the right text stands once in the package.
func (m Mutant) apply(root string) (path string, text []byte, err error) {
	files, err := filepath.Glob(filepath.Join(root, m.Package, "*.go"))
	if err != nil {
		return "", nil, err
	}
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		right, err := os.ReadFile(file)
		if err != nil {
			return "", nil, err
		}
		if n := bytes.Count(right, []byte(m.Old)); n > 0 {
			found += n
			path, text = file, bytes.Replace(right, []byte(m.Old), []byte(m.New), 1)
		}
	}
	if found != 1 || m.Old == m.New {
		return "", nil, fmt.Errorf("the mutant %q does not apply: its text stands %d times in %s, not once:\n%s", m.Name, found, m.Package, m.Old)
	}
	return path, text, nil
}

// run runs the tests with the mistake, and returns the result. An error is a mutant that does not apply or build, or whose
// tests fail without it.
func (m Mutant) run(root string) (state string, err error) {
	path, text, err := m.apply(root)
	if err != nil {
		return "", err
	}
	if out, err := m.test(root); err != nil {
		return "", fmt.Errorf("the tests of %s fail without it: %w\n%s", m.Package, err, out)
	}
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	overlay, err := overlay(dir, path, text)
	if err != nil {
		return "", err
	}
	out, err := m.test(root, "-count=1", "-overlay="+overlay)
	switch {
	case bytes.Contains(out, []byte("[build failed]")) || bytes.Contains(out, []byte("[setup failed]")):
		return "", fmt.Errorf("it does not build:\n%s", out)
	case bytes.Contains(out, []byte("no tests to run")):
		return "", fmt.Errorf("no test of %s is named %s", cmp.Or(m.In, m.Package), m.Tests)
	case err == nil:
		return survived, nil
	case !bytes.Contains(out, []byte("FAIL")):
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return killed, nil
}

// test runs the tests that are to notice the mutant, and returns what they print.
func (m Mutant) test(root string, options ...string) ([]byte, error) {
	args := append([]string{"test", "-failfast", "-vet=off", "-timeout=5m"}, options...)
	c := exec.Command("go", append(args, "-run="+m.Tests, "./"+cmp.Or(m.In, m.Package))...)
	c.Dir = root
	return c.CombinedOutput()
}

// overlay writes what `go test -overlay` reads to have text in the place of the file at path.
func overlay(dir, path string, text []byte) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	with := filepath.Join(dir, filepath.Base(path))
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: with}})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(with, text, 0o600); err != nil {
		return "", err
	}
	return name, os.WriteFile(name, list, 0o600)
}
