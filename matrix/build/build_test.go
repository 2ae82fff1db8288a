package build

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestKey(t *testing.T) {
	for want, k := range map[string]Key{
		"linux-arm64":          {GOOS: "linux", GOARCH: "arm64"},
		"linux-amd64-v3":       {GOOS: "linux", GOARCH: "amd64", Level: "v3"},
		"linux-loong64-purego": {GOOS: "linux", GOARCH: "loong64", Tags: "purego"},
		"linux-loong64-both":   {GOOS: "linux", GOARCH: "loong64", World: BothWorlds},
		"linux-arm64-v8.2-dm":  {GOOS: "linux", GOARCH: "arm64", Level: "v8.2", DM: true},
	} {
		if got := k.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// checkout is a small module that calls itself this one: what Build does with it is what it does with this.
func checkout(t *testing.T, body string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a", "checkout")
	for name, text := range map[string]string{
		"go.mod":      "module " + Module + "\n\ngo 1.26\n",
		"main.go":     "package main\n\nimport \"" + Module + "/part\"\n\nfunc main() { part.Say() }\n",
		"part/say.go": "package part\n\n" + body + "\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const says = `import "runtime"

// Say panics with its own place, which is where a path of the checkout would show.
func Say() { _, file, _, _ := runtime.Caller(0); panic(file) }`

func needsGo(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, "go is not in PATH")
	}
}

func TestSameSourceSameDigest(t *testing.T) {
	needsGo(t)
	digests := map[string]bool{}
	for range 2 {
		dir := checkout(t, says)
		b := &Builder{Source: dir, Cache: t.TempDir()}
		p, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "loong64"})
		if err != nil {
			t.Fatal(err)
		}
		digests[p.Digest] = true
		raw, err := os.ReadFile(p.Path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), dir) {
			t.Errorf("the payload names %s", dir)
		}
		if again, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "loong64"}); err != nil || again != p {
			t.Errorf("built again: %+v %v, want %+v", again, err, p)
		}
		if kept, ok := b.Cached(p.Digest); !ok || kept != p {
			t.Errorf("not in the cache: %+v", kept)
		}
	}
	if len(digests) != 1 {
		t.Errorf("two directories gave %v", digests)
	}
	b := &Builder{Source: checkout(t, says+"\n\nvar Changed = 1\n\nfunc init() { Changed++ }"), Cache: t.TempDir()}
	if p, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "loong64"}); err != nil || digests[p.Digest] {
		t.Errorf("another source gave the same digest: %v", err)
	}
}

// TestThisSource does it with the whole of this checkout, copied.
func TestThisSource(t *testing.T) {
	needsGo(t)
	if testing.Short() {
		t.Skip("-short: two payloads are linked")
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root := moduleRoot(wd)
	k := Key{GOOS: "linux", GOARCH: "amd64"}
	here, err := (&Builder{Source: root, Cache: t.TempDir()}).Build(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "elsewhere")
	if err := copyTree(root, copied); err != nil {
		t.Fatal(err)
	}
	there, err := (&Builder{Source: copied, Cache: t.TempDir()}).Build(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	if here.Digest != there.Digest {
		t.Errorf("%s here, %s elsewhere", here.Digest, there.Digest)
	}
}

// copyTree copies a checkout without its history and results.
func copyTree(from, to string) error {
	list, err := exec.Command("git", "-C", from, "ls-files", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return err
	}
	for name := range strings.Lines(string(list)) {
		name = strings.TrimSuffix(name, "\n")
		raw, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // removed, and not yet committed
		}
		if err != nil {
			return err
		}
		path := filepath.Join(to, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, raw, 0o644)); err != nil {
			return err
		}
	}
	return nil
}

func TestBrokenSource(t *testing.T) {
	needsGo(t)
	b := &Builder{Source: checkout(t, "func Say() { undefined() }"), Cache: t.TempDir()}
	_, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "amd64"})
	if err == nil || !strings.Contains(err.Error(), "undefined: undefined") || !strings.Contains(err.Error(), "linux-amd64") {
		t.Error(err)
	}
}

func TestWithoutGoOrCheckout(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	b := &Builder{Source: checkout(t, says), Cache: t.TempDir()}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want, err := Digest(exe)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := b.Build(t.Context(), Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}); err != nil || p.Digest != want {
		t.Errorf("%+v %v, want this very file, %s", p, err, want)
	}
	var missing *record.Missing
	if _, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "none"}); !errors.As(err, &missing) || missing.Remedy.Zh == "" {
		t.Error(err)
	}
}

func TestCachedIsChecked(t *testing.T) {
	b := &Builder{Cache: t.TempDir()}
	p, err := b.Build(t.Context(), Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.Path, []byte("another"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.Cached(p.Digest); ok {
		t.Error("a payload that was changed in the cache was given out")
	}
	if again, err := b.Build(t.Context(), Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}); err != nil || again != p {
		t.Errorf("%+v %v", again, err)
	}
	if _, ok := b.Cached(p.Digest); !ok {
		t.Error("a payload that was changed in the cache stayed there")
	}
	if _, ok := b.Cached("sha256:none"); ok {
		t.Error("a payload that never was there was given out")
	}
}

func TestPruneKeepsTheNewest(t *testing.T) {
	b := &Builder{Cache: t.TempDir()}
	now := time.Now()
	for i := range maxCached + 3 {
		path := filepath.Join(b.Cache, "sha256-"+string(rune('A'+i)))
		at := now.Add(time.Duration(i) * time.Minute)
		if err := errors.Join(os.WriteFile(path, nil, 0o755), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	b.prune()
	left, err := filepath.Glob(filepath.Join(b.Cache, "sha256-*"))
	if err != nil || len(left) != maxCached || filepath.Base(left[0]) != "sha256-D" {
		t.Errorf("%d left, the first %s", len(left), left[0])
	}
}

func TestOneBuildAtATime(t *testing.T) {
	dir := t.TempDir()
	var running, most int
	var mu sync.Mutex
	var builds sync.WaitGroup
	for range 4 {
		builds.Go(func() {
			unlock, err := Lock(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(5 * time.Millisecond)
			mu.Lock()
			running--
			mu.Unlock()
		})
	}
	builds.Wait()
	if most != 1 {
		t.Errorf("%d at a time", most)
	}
}

// A build that waits for another ends with its context.
func TestWaitForABuildEnds(t *testing.T) {
	dir := t.TempDir()
	unlock, err := Lock(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Lock(ctx, dir); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestAlone(t *testing.T) {
	needsGo(t)
	b := &Builder{Source: checkout(t, "func Say() {}"), Cache: t.TempDir()}
	p, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "loong64"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckStatic(); err != nil {
		t.Errorf("a payload: %v", err)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		needs.Absent(t, needs.Tools, "sh is not here")
	}
	var missing *record.Missing
	if err := (Payload{Path: sh}).CheckStatic(); !errors.As(err, &missing) {
		t.Errorf("a program with a loader: %v", err)
	}
}
