package build

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// A payload for an experiment is built with it, and is found beside a program that has no Go: by its name, if it is what that says.
func TestExperiment(t *testing.T) {
	needsGo(t)
	if testing.Short() {
		t.Skip("-short: the runtime is compiled with another collector")
	}
	b := &Builder{Source: checkout(t, says), Cache: t.TempDir()}
	k := Key{GOOS: "linux", GOARCH: "loong64", Experiment: Experiments[0]}
	with, err := b.Build(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	without, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "loong64"})
	if err != nil {
		t.Fatal(err)
	}
	if !builtFor(with.Path, k) || builtFor(without.Path, k) || with.Digest == without.Digest {
		t.Errorf("%+v, %+v", with, without)
	}
	dir := t.TempDir()
	if path := beside(dir, k); path != "" {
		t.Errorf("%s in an empty directory", path)
	}
	file := filepath.Join(dir, ProgramName(k))
	for _, c := range []struct {
		from  string
		found bool
	}{{without.Path, false}, {"key.go", false}, {with.Path, true}} {
		if err := copyFile(c.from, file); err != nil {
			t.Fatal(err)
		}
		if path := beside(dir, k); (path == file) != c.found {
			t.Errorf("%s: %q", c.from, path)
		}
	}
	if err := errors.Join(os.Remove(file), os.Symlink(with.Path, file)); err != nil {
		t.Fatal(err)
	}
	if path := beside(dir, k); path != "" {
		t.Error("a link was followed")
	}
	both := filepath.Join(dir, "xcmatrix-linux-loong64-both-nogreenteagc") // starts in the new world, too
	if err := copyFile(with.Path, both); err != nil {
		t.Fatal(err)
	}
	if path := beside(dir, k); path != both {
		t.Errorf("%q", path)
	}
}

// A toolchain without the experiment, and a machine without Go, are a miss with a remedy.
func TestNoExperiment(t *testing.T) {
	needsGo(t)
	b := &Builder{Source: checkout(t, says), Cache: t.TempDir()}
	_, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "amd64", Experiment: "nosuchcollector"})
	var missing *record.Missing
	if !errors.As(err, &missing) || !strings.Contains(missing.Reason.En, "has no GOEXPERIMENT=nosuchcollector") || missing.Remedy.Zh == "" {
		t.Errorf("%v", err)
	}
	_, err = ownProgram(Key{GOOS: "linux", GOARCH: "amd64", Experiment: Experiments[0]}, missingGo(record.Say("no go", "无 go")))
	if !errors.As(err, &missing) || !strings.Contains(missing.Remedy.En, "bundle") || !strings.Contains(missing.Reason.En, "linux-amd64-nogreenteagc") {
		t.Errorf("%v", err)
	}
}
