package tree_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/tree"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	key := "-----BEGIN " + "RSA PRIVATE KEY-----\nMII\n"
	for name, text := range map[string]string{"go.mod": "module m\n", "a/testdata/x.txt": "x", "a/.env.local": "PASSWORD=1", "key.pem": key,
		"a/late.pem": "Bag Attributes\n" + key, ".git/config": "", "sub/.hg/x": "", "results/runs/1/journal.ndjson": "", "cert.pem": "-----BEGIN CERTIFICATE-----\n",
		"a/a_test.go": "package a\nconst key = `\n" + key + "`"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"in": "a/testdata", "out": "../../etc/passwd", "abs": "/etc/passwd"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func paths(t *tree.Tree) (names []string) {
	for _, f := range t.Files {
		names = append(names, f.Path)
	}
	return names
}

func TestWithoutRepository(t *testing.T) {
	dir := module(t)
	got, err := tree.Of(t.Context(), dir, filepath.Join(dir, "results/runs"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a/a_test.go", "a/testdata/x.txt", "cert.pem", "go.mod", "in"}
	if !slices.Equal(paths(got), want) || got.Tracked {
		t.Errorf("%v, want %v", paths(got), want)
	}
	if len(got.Left) != 5 {
		t.Errorf("left out: %v", got.Left)
	}
}

func TestRepository(t *testing.T) {
	dir := module(t)
	os.RemoveAll(filepath.Join(dir, ".git"))
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			needs.Absent(t, needs.Tools, fmt.Sprintf("git: %v: %s", err, out))
		}
	}
	git("init", "-q")
	got, err := tree.Of(t.Context(), dir)
	if err != nil || got.Tracked || !slices.Contains(paths(got), "go.mod") {
		t.Errorf("a repository that tracks nothing: %v, %v", got, err)
	}
	git("add", "go.mod", "a/testdata", "key.pem", "out", "cert.pem")
	os.Remove(filepath.Join(dir, "cert.pem"))
	got, err = tree.Of(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a/testdata/x.txt", "go.mod", "key.pem"}; !slices.Equal(paths(got), want) || !got.Tracked {
		t.Errorf("%v, want %v", paths(got), want)
	}
}

func TestTooLarge(t *testing.T) {
	files := tree.Files{{Path: "small", Size: 10}, {Path: "large.bin", Size: 300 << 20}}
	if err := tree.TooLarge("m", files, tree.Limit); err == nil || !strings.Contains(err.Error(), "large.bin (300 MiB)") {
		t.Error(err)
	}
	if err := tree.TooLarge("m", files[:1], tree.Limit); err != nil {
		t.Error(err)
	}
}
