package run

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// A SIGILL is explained by what `xcmatrix elf` says of the payload, where the CPU lacks what the payload uses.
func TestPredicted(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		needs.Absent(t, needs.Go, "no go command in PATH: install Go")
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"go.mod": "module example.com/bare\n\ngo 1.26\n", "main.go": "package main\n\nfunc bare()\n\nfunc main() { bare() }\n",
		"bare_loong64.s": "TEXT ·bare(SB), 4, $0\n\tVADDB V0, V1, V2\n\tRET\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-o", "bare", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOARCH=loong64", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	path := filepath.Join(dir, "bare")
	if s := predicted(path, []string{"cpucfg", "lam"}); !strings.Contains(s.En, "without lsx it ends in SIGILL: main.bare") || s.Zh == s.En {
		t.Errorf("%+v", s)
	}
	t.Run("confirmed", func(t *testing.T) { confirmed(t, path) })
	for name, s := range map[string]string{"a CPU with LSX": predicted(path, []string{"lsx", "lasx"}).En, "a CPU that is not known": predicted(path, nil).En, "no file": predicted(dir, []string{"lam"}).En} {
		if s != "" {
			t.Errorf("%s: %s", name, s)
		}
	}
}

// confirmed runs the program on a CPU without LSX: it crashes by SIGILL, and one sentence says that elf has foreseen it.
func confirmed(t *testing.T, path string) {
	without := launch.Target{ID: "without-lsx", Key: build.Key{GOOS: "linux", GOARCH: "loong64"}, CPU: "la464,lsx=off,lasx=off", Name: "emulated"}
	launcher, err := launch.For(without)
	if err != nil {
		t.Fatal(err)
	}
	if err := launcher.Ready(t.Context(), without); err != nil {
		needs.Absent(t, needs.Emulators, err)
	}
	payload := build.Payload{Path: path}
	launched, err := launcher.Start(t.Context(), without, payload, launch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, launched.Events()); err != nil {
		t.Error(err)
	}
	p := &process{target: &target{Target: without, payload: payload}, cpuFeatures: []string{"cpucfg", "lam"}}
	said := p.exitReason(launched.Wait())
	for _, want := range []string{"ended by SIGILL", "without lsx it ends in SIGILL: main.bare", "foreseen by elf"} {
		if !strings.Contains(said.En, want) {
			t.Errorf("%q is not in %q", want, said.En)
		}
	}
	if !strings.Contains(said.In("zh"), "elf 已预见") || strings.Contains(said.En, "\n") {
		t.Errorf("%+v", said)
	}
}
