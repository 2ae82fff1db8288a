// Package stamp reads what the go command stamps into the programs of a module: its version and revision, by version
// control. Test binaries have no stamp, and a module need not have a program: an empty one is built for it, which lies in the
// module by an overlay alone, so that nothing is written there.
package stamp

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
)

// Stamp of a module.
type Stamp struct {
	Version  string // "v1.2.0", "v1.2.0+dirty", a pseudo-version; "" where version control tells none
	VCS      string // "git"
	Revision string
	Time     string // of the revision
	Modified bool   // the source differs from the revision
	Go       string // that compiles the module: "go1.26.0"
}

// Read returns the stamp of the module in dir. Where version control has nothing of it, or the program does not build, it has
// the version of Go alone, which is version: what is wrong with the module its packages' builds will say. env is the go
// command's; cache is a directory for temporary files.
func Read(ctx context.Context, dir, cache, version string, env []string) Stamp {
	if real, err := filepath.EvalSymlinks(dir); !controlled(dir) && (err != nil || !controlled(real)) {
		return Stamp{Go: version}
	}
	info, err := program(ctx, dir, cache, env)
	if err != nil {
		return Stamp{Go: version}
	}
	return of(info)
}

// repositories are what lies in the top directory of a working tree of the version control systems that the go command knows.
var repositories = []string{".git", ".hg", ".svn", ".bzr", ".fslckout", "_FOSSIL_"}

// controlled reports whether dir, or one above it, may be a working tree.
func controlled(dir string) bool {
	for {
		for _, name := range repositories {
			if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				return true
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

// of takes a stamp from a program's build information.
func of(info *debug.BuildInfo) Stamp {
	s := Stamp{Go: info.GoVersion}
	for _, x := range info.Settings {
		switch x.Key {
		case "vcs":
			s.VCS = x.Value
		case "vcs.revision":
			s.Revision = x.Value
		case "vcs.time":
			s.Time = x.Value
		case "vcs.modified":
			s.Modified = x.Value == "true"
		}
	}
	if s.VCS != "" && info.Main.Version != "(devel)" { // before Go 1.24 the version is "(devel)"
		s.Version = info.Main.Version
	}
	return s
}

// place is where the program lies in the module, as the go command sees it.
const place = "xcmatrix-version-stamp"

// program builds the program, and reads its build information.
func program(ctx context.Context, dir, cache string, env []string) (*debug.BuildInfo, error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp(cache, ".stamp-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	source, overlay, out := filepath.Join(tmp, "main.go"), filepath.Join(tmp, "overlay.json"), filepath.Join(tmp, "program")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(dir, place, "main.go"): source}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay="+overlay, "-buildvcs=auto", "-ldflags=-s -w", "-o", out, "./"+place)
	cmd.Dir, cmd.Env = dir, append(env[:len(env):len(env)], "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	return buildinfo.ReadFile(out)
}
