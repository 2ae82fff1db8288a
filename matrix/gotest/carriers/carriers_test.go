package carriers

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
)

var checkout = os.DirFS("../../..")

// TestPackages holds the list of packages against what the program imports.
func TestPackages(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-tags=carrier", "../carrier/command")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	out, err := cmd.Output()
	if err != nil {
		needs.Absent(t, needs.Go, fmt.Sprint("the go command does not list packages: ", err))
	}
	var want []string
	for path := range strings.Lines(string(out)) {
		path = strings.TrimSpace(path)
		if dir, ok := strings.CutPrefix(path, build.Module+"/"); ok {
			want = append(want, dir)
		} else if strings.Contains(strings.Split(path, "/")[0], ".") && path != "golang.org/x/sys/unix" {
			t.Errorf("it imports %s, which no Go installation has", path)
		}
	}
	slices.Sort(want)
	if have := slices.Sorted(slices.Values(Packages)); !slices.Equal(have, want) {
		t.Errorf("Packages is %v, and the program imports %v", have, want)
	}
}

func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it builds a program for two architectures")
	}
	cache := t.TempDir()
	digests := map[string]bool{}
	for _, goarch := range []string{"loong64", "arm64", "loong64"} {
		path, err := Build(t.Context(), checkout, build.Key{GOOS: "linux", GOARCH: goarch}, cache)
		var absent *record.Missing
		if errors.As(err, &absent) && !strings.Contains(absent.Reason.En, "does not build") {
			needs.Absent(t, needs.Go, absent)
		}
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if want := map[string]elf.Machine{"loong64": elf.EM_LOONGARCH, "arm64": elf.EM_AARCH64}[goarch]; f.Machine != want {
			t.Errorf("%s: a program for %v", goarch, f.Machine)
		}
		if err := (build.Payload{Path: path}).CheckStatic(); err != nil {
			t.Error(err)
		}
		digest, err := build.Digest(path)
		if err != nil {
			t.Fatal(err)
		}
		digests[digest] = true
	}
	if len(digests) != 2 {
		t.Errorf("%d programs of two architectures", len(digests))
	}
}

func TestBuildWithout(t *testing.T) {
	broken := t.TempDir()
	if err := os.CopyFS(broken, os.DirFS("../../../matrix/guest")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		source fs.FS
		key    build.Key
	}{"no sources": {nil, build.Key{GOOS: "linux", GOARCH: "arm64"}}, "both worlds": {checkout, build.Key{GOOS: "linux", GOARCH: "loong64", World: build.BothWorlds}}} {
		_, err := Build(t.Context(), c.source, c.key, t.TempDir())
		var absent *record.Missing
		if !errors.As(err, &absent) || absent.Remedy.En == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Build(t.Context(), os.DirFS(broken), build.Key{GOOS: "linux", GOARCH: "arm64"}, t.TempDir()); err == nil {
		t.Error("it is built although packages are absent")
	}
	t.Setenv("PATH", filepath.Join(broken, "nothing"))
	var absent *record.Missing
	if _, err := Build(t.Context(), checkout, build.Key{GOOS: "linux", GOARCH: "arm64"}, t.TempDir()); !errors.As(err, &absent) {
		t.Errorf("without Go: %v", err)
	}
}
