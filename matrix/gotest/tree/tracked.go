package tree

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/environ"
)

// tracked returns the files below root that git tracks, with slashes; nil where root is in no repository, or in one that does
// not track the root's go.mod or go.work, as one without a commit does not.
func tracked(ctx context.Context, root string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--", ".")
	cmd.Dir, cmd.Env = root, append(environ.Own(), "GIT_OPTIONAL_LOCKS=0")
	out, err := cmd.Output()
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, nil // no git, or no repository
	}
	var paths []string
	holds := false
	for name := range bytes.SplitSeq(out, []byte{0}) {
		path := string(name)
		if path == "" || !filepath.IsLocal(filepath.FromSlash(path)) {
			continue
		}
		holds = holds || path == "go.mod" || path == "go.work" || strings.HasSuffix(path, "/go.mod")
		paths = append(paths, path)
	}
	if !holds {
		return nil, nil
	}
	return paths, nil
}
