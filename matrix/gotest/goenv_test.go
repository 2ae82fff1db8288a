package gotest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSplitFlags(t *testing.T) {
	for text, want := range map[string][]string{"": nil, " -race  -trimpath\t": {"-race", "-trimpath"}, `'-ldflags=-s -w' "-gcflags=-d=x y" -v`: {"-ldflags=-s -w", "-gcflags=-d=x y", "-v"}} {
		if got := splitFlags(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A flag by which other files are built than the module's is refused, wherever it is set; others are kept for the manifest.
func TestGoEnv(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/m\n\ngo 1.24\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for flags, refused := range map[string]string{"-overlay=/o.json": "-overlay", "-trimpath --modfile=x.mod": "-modfile", "-mod=mod": "-mod=mod", "'-toolexec=sh -c x'": "-toolexec",
		"'-ldflags=-s -X m.ok=secret'": "-ldflags", "-trimpath -mod=readonly '-gcflags=-d=ssa/x'": "", "": ""} {
		for _, stored := range []bool{false, true} {
			t.Setenv("GOENV", filepath.Join(dir, "env"))
			t.Setenv("GOFLAGS", flags)
			if stored {
				t.Setenv("GOFLAGS", "")
				if err := os.WriteFile(filepath.Join(dir, "env"), []byte("GOFLAGS="+flags+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p, err := New(Config{Dir: dir}, t.TempDir())
			os.Remove(filepath.Join(dir, "env"))
			if refused == "" {
				if err != nil || !slices.Equal(p.goEnv.options(), splitFlags(flags)) {
					t.Errorf("%q: %v", flags, err)
				}
				continue
			}
			if err == nil || !strings.HasPrefix(err.Error(), "GOFLAGS: "+refused+" builds something else") || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v", flags, err)
			}
		}
	}
}
