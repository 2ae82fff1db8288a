package gotest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/stamp"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/tree"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// maxDiffers is how many files that differ from the commit a manifest names.
const maxDiffers = 5

// compare holds what is built and carried against the commit of the stamp, file by file, and says in d how it is, and what is
// built of other directories. Where the files are not the commit's, the version is one with changes, whatever git says of the
// working tree.
func (p *Product) compare(ctx context.Context, d *store.Product, module *list.Module, files tree.Files, keys []build.Key) error {
	var commit *stamp.Commit
	if d.VCS == "git" && d.Revision != "" {
		var err error
		if commit, err = stamp.ReadCommit(ctx, module.Dir, d.Revision); err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	locals, inside, err := p.locals(module, commit)
	if d.Locals = locals; err != nil || commit == nil {
		return err
	}
	check := []string{}
	for _, f := range files {
		if commit.Holds(f.From) {
			check = append(check, f.From)
		}
	}
	seen := map[string]bool{}
	for _, key := range keys {
		if seen[key.String()] {
			continue
		}
		seen[key.String()] = true
		sources, err := p.sources(ctx, module.Dir, key)
		if err != nil {
			return err
		}
		for _, s := range sources {
			if commit.Holds(s) && !holds(p.goEnv.GOMODCACHE, s) {
				check = append(check, s)
			}
		}
	}
	differs, err := commit.Differing(check, append(inside, module.Dir))
	if err != nil {
		return err
	}
	d.Differs = differs[:min(len(differs), maxDiffers)]
	d.Modified = d.Modified || len(differs) > 0
	if d.Modified && d.Version != "" && !strings.HasSuffix(d.Version, "+dirty") {
		d.Version += "+dirty"
	}
	d.Committed = !d.Modified
	return nil
}

// sources returns the files that the go command may compile or embed for the tests of the module in dir, with those of its
// dependencies: of each package's directory what has the name of a source, whatever build constraints say.
func (p *Product) sources(ctx context.Context, dir string, key build.Key) ([]string, error) {
	args := []string{"list", "-e", "-deps", "-test", "-json=Dir,Standard,EmbedFiles,TestEmbedFiles,XTestEmbedFiles"}
	if tags := p.tags(key); tags != "" {
		args = append(args, "-tags="+tags)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./...")...)
	cmd.Dir, cmd.Env = dir, p.environment(key)
	out, err := cmd.Output()
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var files []string
	seen := map[string]bool{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			Dir                                         string
			Standard                                    bool
			EmbedFiles, TestEmbedFiles, XTestEmbedFiles []string
		}
		if err := d.Decode(&pkg); errors.Is(err, io.EOF) {
			return files, nil
		} else if err != nil {
			return nil, err
		}
		if pkg.Standard || pkg.Dir == "" {
			continue
		}
		for _, name := range slices.Concat(pkg.EmbedFiles, pkg.TestEmbedFiles, pkg.XTestEmbedFiles) {
			files = append(files, filepath.Join(pkg.Dir, name))
		}
		if seen[pkg.Dir] {
			continue
		}
		seen[pkg.Dir] = true
		entries, err := os.ReadDir(pkg.Dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if isSource(e.Name()) && !e.IsDir() {
				files = append(files, filepath.Join(pkg.Dir, e.Name()))
			}
		}
	}
}

var sourceEndings = []string{".go", ".s", ".S", ".sx", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90",
	".swig", ".swigcxx", ".syso", ".pgo"}

// isSource reports whether the go command may take a file of this name into a build.
func isSource(name string) bool {
	return slices.Contains(sourceEndings, filepath.Ext(name)) && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_")
}
