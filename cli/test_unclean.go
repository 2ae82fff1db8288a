package cli

import (
	"bytes"
	"os/exec"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// warnUnclean says before a run that the module's checkout has files that are not committed: the go command marks the version
// with +dirty then, and a certificate of such a version is refused.
func (a *app) warnUnclean(dir string) {
	changed := changedIn(dir)
	if len(changed) == 0 {
		return
	}
	names, more := changed, ""
	const most = 3
	if len(names) > most {
		names, more = names[:most], ", …"
	}
	printf(a.err, a.say("xcmatrix: the checkout is not clean, its version is marked +dirty and cannot be certified: %s%s: commit these files, or name them in .gitignore\n",
		"xcmatrix：检出目录有未提交的更改，版本将带 +dirty 标记，不能认证：%s%s：请提交这些文件，或将其写入 .gitignore\n"), render.Plain(strings.Join(names, ", "), 200), more)
}

// changedIn returns the files of a checkout that are changed or not known to git, as the go command asks for them; none where
// there is no checkout or no git. The runs directory has a .gitignore of its own.
func changedIn(dir string) []string {
	git := func(args ...string) ([]byte, error) {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = dir, append(environ.Own(), "GIT_OPTIONAL_LOCKS=0")
		return cmd.Output()
	}
	top, err := git("rev-parse", "--show-toplevel")
	if err != nil {
		return nil
	}
	out, err := git("-C", strings.TrimSuffix(string(top), "\n"), "status", "--porcelain", "-z", "--no-renames")
	if err != nil {
		return nil
	}
	var changed []string
	for entry := range bytes.SplitSeq(out, []byte{0}) {
		if len(entry) > 3 { // "?? name"
			changed = append(changed, string(entry[3:]))
		}
	}
	return changed
}
