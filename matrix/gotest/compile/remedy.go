package compile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
)

// Remedy is a newer version of dependencies with which a package was tried.
type Remedy struct {
	Tried  []string // "golang.org/x/sys v0.50.0"
	Result *Result  // of the build with them; nil where it could not be tried
	Why    string   // why not
}

// maxTried bounds how many dependencies of one package are tried.
const maxTried = 3

// TryNewest builds a package whose dependency does not build with the newest version of that, and goes on so while another
// dependency does not build. The module's own files are left alone: go.mod and go.sum are copies in the directory dir.
func TryNewest(ctx context.Context, o Options, r *Result, dir string) (Remedy, error) {
	var remedy Remedy
	mod, err := copyModule(r.Package, dir)
	if err != nil {
		return remedy, err
	}
	o.Flags = append(o.Flags[:len(o.Flags):len(o.Flags)], "-mod=mod", "-modfile="+mod)
	o.Env = append(o.Env[:len(o.Env):len(o.Env)], "GOWORK=off")
	o.Dir, o.Out = r.Package.Dir, filepath.Join(dir, "bin")
	for failed := r.Failed; failed != nil && failed.Module != "" && len(remedy.Tried) < maxTried; failed = remedy.Result.Failed {
		version, why := o.newest(ctx, mod, failed.Module)
		if ctx.Err() != nil {
			return remedy, context.Cause(ctx)
		}
		if why != "" {
			remedy.Why = why
			return remedy, nil
		}
		remedy.Tried = append(remedy.Tried, failed.Module+" "+version)
		results, err := Packages(ctx, o, []*list.Package{r.Package})
		if err != nil {
			return remedy, err
		}
		remedy.Result = results[0]
	}
	return remedy, nil
}

// newest takes a module's newest version into the copy of go.mod, and returns it, or why it could not.
func (o Options) newest(ctx context.Context, mod, module string) (version, why string) {
	plain := o
	plain.Flags = nil
	if said, err := plain.command(ctx, nil, "get", "-modfile="+mod, module+"@latest"); err != nil {
		return "", firstSaid(said)
	}
	said, err := plain.command(ctx, nil, "list", "-mod=mod", "-modfile="+mod, "-m", "-f", "{{.Version}}", module)
	if err != nil {
		return "", firstSaid(said)
	}
	return strings.TrimSpace(said), ""
}

// copyModule copies a package's go.mod and go.sum, and returns the path of the go.mod.
func copyModule(p *list.Package, dir string) (string, error) {
	if p.Module == nil || !p.Module.Main {
		return "", errors.New("it is of no module that is being worked on")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join(p.Module.Dir, name))
		if errors.Is(err, fs.ErrNotExist) && name == "go.sum" {
			continue
		}
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o644); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "go.mod"), nil
}
