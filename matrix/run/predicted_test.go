package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
	for name, s := range map[string]string{"a CPU with LSX": predicted(path, []string{"lsx", "lasx"}).En, "a CPU that is not known": predicted(path, nil).En, "no file": predicted(dir, []string{"lam"}).En} {
		if s != "" {
			t.Errorf("%s: %s", name, s)
		}
	}
}
