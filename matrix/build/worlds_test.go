package build

import (
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// goroot is the directory of the Go installation that a go command names, with more environment variables.
func goroot(t *testing.T, env ...string) string {
	t.Helper()
	needsGo(t)
	cmd := exec.Command("go", "env", "GOROOT")
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go env GOROOT: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// copyEdited copies the files that the edits concern into another directory, as a Go installation of its own.
func copyEdited(t *testing.T, from string) string {
	t.Helper()
	root := t.TempDir()
	for _, s := range worldsEdits {
		raw, err := os.ReadFile(filepath.Join(from, "src", s.file))
		to := filepath.Join(root, "src", s.file)
		if err = errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, raw, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestWorldsEditsFitTheGoThatIsHere(t *testing.T) {
	dir := t.TempDir()
	list, err := writeOverlay(dir, goroot(t))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(raw, &overlay); err != nil || len(overlay.Replace) != len(worldsEdits) {
		t.Errorf("%d files replaced, want %d: %v", len(overlay.Replace), len(worldsEdits), err)
	}
	for from, to := range overlay.Replace {
		if before, after := read(t, from), read(t, to); before == after || !strings.HasPrefix(to, dir) {
			t.Errorf("%s is replaced by %s, the same text", from, to)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A text that is missing, or there twice, is refused with the file and the text, and nothing is written.
func TestWorldsEditsRefuseAnotherGo(t *testing.T) {
	here := goroot(t)
	for name, change := range map[string]func(text, old string) string{
		"missing": func(text, old string) string { return strings.Replace(text, old, "", 1) },
		"twice":   func(text, old string) string { return text + old },
	} {
		for _, s := range worldsEdits {
			for _, e := range s.edits {
				root, dir := copyEdited(t, here), t.TempDir()
				path := filepath.Join(root, "src", s.file)
				if err := os.WriteFile(path, []byte(change(read(t, path), e.old)), 0o644); err != nil {
					t.Fatal(err)
				}
				_, err := writeOverlay(dir, root)
				var missing *record.Missing
				if !errors.As(err, &missing) {
					t.Fatalf("%s %s: %v", name, s.file, err)
				}
				if output := missing.Reason.En; !strings.Contains(output, path) || !strings.Contains(missing.Remedy.En, WorldsGo) {
					t.Errorf("%s: %q names neither file nor releases", name, output)
				}
				if left, _ := os.ReadDir(dir); len(left) > 0 {
					t.Errorf("%s: %d entries were written", name, len(left))
				}
			}
		}
	}
	if _, err := writeOverlay(t.TempDir(), t.TempDir()); err == nil {
		t.Error("a directory that holds no Go was taken")
	}
}

func TestWorldsDigestFollowsTheEdits(t *testing.T) {
	before := WorldsDigest()
	text := worldsEdits[0].edits[0].new
	worldsEdits[0].edits[0].new += " "
	after := WorldsDigest()
	worldsEdits[0].edits[0].new = text
	if before == after || len(before) != 12 {
		t.Errorf("%q, then %q", before, after)
	}
}

// The same source and the same Go give the same file, which says by its tag which edits are in it.
func TestWorldsBuildIsReproducible(t *testing.T) {
	needsGo(t)
	if testing.Short() {
		t.Skip("-short: the runtime is compiled for loong64")
	}
	key := Key{GOOS: "linux", GOARCH: "loong64", World: BothWorlds}
	digests := map[string]bool{}
	for range 2 {
		b := &Builder{Source: checkout(t, says), Cache: t.TempDir()}
		p, err := b.Build(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		digests[p.Digest] = true
		info, err := buildinfo.ReadFile(p.Path)
		if err != nil {
			t.Fatal(err)
		}
		var tags string
		for _, s := range info.Settings {
			if s.Key == "-tags" {
				tags = s.Value
			}
		}
		if worldsOf(tags) != WorldsDigest() {
			t.Errorf("the file's tags are %q", tags)
		}
		stock, err := b.Build(t.Context(), Key{GOOS: "linux", GOARCH: "loong64"})
		if err != nil || stock.Digest == p.Digest {
			t.Errorf("the file with Go's own runtime has the same digest: %v", err)
		}
	}
	if len(digests) != 1 {
		t.Errorf("two builds gave %v", digests)
	}
}

// TestWorldsReleases applies the edits to each release of Go that they are written for: make worlds.
func TestWorldsReleases(t *testing.T) {
	if os.Getenv("XCMATRIX_TEST_WORLDS") == "" {
		t.Skip("long form: releases of Go are downloaded: make worlds")
	}
	needsGo(t)
	out, err := exec.Command("go", "list", "-m", "-versions", "golang.org/toolchain").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	releases := regexp.MustCompile(`go1\.2[67]\.\d+\.linux-amd64`).FindAllString(string(out), -1)
	if len(releases) == 0 {
		t.Fatal("the module proxy names no release of Go 1.26 or 1.27")
	}
	for _, r := range releases {
		name := strings.TrimSuffix(r, ".linux-amd64")
		t.Run(name, func(t *testing.T) {
			env := append(os.Environ(), "GOTOOLCHAIN="+name, "GOARCH=loong64", "CGO_ENABLED=0", "GOFLAGS=")
			g, err := worldsGo(t.Context(), ".", env, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(g.command, "build", "-overlay="+g.overlay, "runtime", "os/signal")
			cmd.Env = g.env
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
