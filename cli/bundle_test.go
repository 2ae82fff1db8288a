package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// fakeGo is a go command that builds nothing but a header of an ELF file, with a GOROOT that holds no source.
const fakeGo = `#!/bin/sh
case $1 in
env) echo '{"GOVERSION": "go1.26.0", "GOROOT": "ROOT", "GOMODCACHE": "ROOT/none"}' ;;
*)
	while [ "$1" != -o ]; do shift; done
	cp ROOT/elf "$2" ;;
esac
`

// elfHeader is a program of no segments for amd64.
func elfHeader() []byte {
	h := make([]byte, 64)
	copy(h, "\x7fELF\x02\x01\x01")
	h[16], h[18], h[20], h[52], h[54], h[58] = 2, 62, 1, 64, 56, 64
	return h
}

// withFakeGo puts that go command first in PATH, in an empty cache.
func withFakeGo(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go": strings.ReplaceAll(fakeGo, "ROOT", dir), "elf": string(elfHeader())} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
}

// TestBundleWithAGoThatTheEditsDoNotFit: the stock file for loong64 is taken along, and one sentence says so.
func TestBundleWithAGoThatTheEditsDoNotFit(t *testing.T) {
	withFakeGo(t)
	out := filepath.Join(t.TempDir(), "stick")
	s := call("bundle", "--out", out, "--json", "--quiet", "--lang", "en")
	var got struct {
		Bundle   string
		Programs []string
		Vectors  int
	}
	if err := json.Unmarshal([]byte(s.out), &got); err != nil || s.code != exitPass {
		t.Fatal(s, err)
	}
	want := []string{"linux-amd64", "linux-arm64", "linux-loong64"}
	if got.Bundle != out || !slices.Equal(got.Programs, want) || got.Vectors != 0 {
		t.Errorf("%+v", got)
	}
	if sentences(s) != 1 || !strings.Contains(s.err, "this Go cannot build a loong64 file for both ABI worlds") {
		t.Errorf("%s", s.err)
	}
	for _, name := range want {
		if _, err := os.Stat(filepath.Join(out, "bin/xcmatrix-"+name)); err != nil {
			t.Error(err)
		}
	}
}

// TestBundleWithAnotherCollector: a target that is named takes its program along.
func TestBundleWithAnotherCollector(t *testing.T) {
	withFakeGo(t)
	s := call("bundle", "--target", "native,native-nogreenteagc,arm64", "--out", filepath.Join(t.TempDir(), "stick"), "--json", "--quiet")
	var got struct{ Programs []string }
	if err := json.Unmarshal([]byte(s.out), &got); err != nil || s.code != exitPass {
		t.Fatal(s, err)
	}
	for _, want := range []string{"linux-arm64", "linux-arm64-nogreenteagc", "linux-" + runtime.GOARCH, "linux-" + runtime.GOARCH + "-nogreenteagc"} {
		if !slices.Contains(got.Programs, want) {
			t.Errorf("%s is not among %q", want, got.Programs)
		}
	}
}

// TestBundleTwiceIsTheSame, with the vectors that the user gives.
func TestBundleTwiceIsTheSame(t *testing.T) {
	withFakeGo(t)
	dir := t.TempDir()
	vectors := filepath.Join(dir, "vectors")
	if err := os.Mkdir(vectors, 0o755); err != nil {
		t.Fatal(err)
	}
	own := readFile(t, "../suites/crypto/vectors/sm3_known.json")
	if err := os.WriteFile(filepath.Join(vectors, "mine.json"), []byte(own), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XCMATRIX_VECTORS", vectors)
	for _, name := range []string{"a.tar.gz", "b.tar.gz", "c"} {
		if s := call("bundle", "--out", filepath.Join(dir, name)); s.code != exitPass {
			t.Fatal(s)
		}
	}
	if readFile(t, filepath.Join(dir, "a.tar.gz")) != readFile(t, filepath.Join(dir, "b.tar.gz")) {
		t.Error("the same bundle twice differs")
	}
	if readFile(t, filepath.Join(dir, "c/vectors/mine.json")) != own {
		t.Error("the vectors are not those that were given")
	}
}

func TestBadBundles(t *testing.T) {
	withFakeGo(t)
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.json")
	if err := os.WriteFile(bad, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ out, vectors, says string }{
		{"", "", "--out: name a directory"},
		{dir, "", "it is there already"},
		{filepath.Join(dir, "none/stick"), "", "is the stick mounted?"},
		{filepath.Join(dir, "stick"), dir, "bad.json"},
	} {
		t.Setenv("XCMATRIX_VECTORS", c.vectors)
		if s := call("bundle", "--out", c.out, "--lang", "en"); s.code != exitUsage || sentences(s) != 1 || !strings.Contains(s.err, c.says) {
			t.Errorf("%s: %+v", c.out, s)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
