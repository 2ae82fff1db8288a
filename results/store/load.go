package store

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Find returns the directory that a RUN on the command line means: a run's id, a directory, or "latest".
func Find(root, ref string) (string, error) {
	candidates := []string{filepath.Join(root, ref), ref}
	if strings.ContainsRune(ref, filepath.Separator) {
		candidates = candidates[1:]
	}
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, manifestFile)); err == nil {
			return filepath.EvalSymlinks(dir)
		}
	}
	if ref == latestLink {
		// Ids begin with the time, and Glob sorts: the last is the newest.
		if all, err := filepath.Glob(filepath.Join(root, "*", manifestFile)); err == nil && len(all) > 0 {
			return filepath.Dir(all[len(all)-1]), nil
		}
		return "", record.Wrongf(root, "there is no run here yet: make one with `xcmatrix run`",
			"这里还没有任何运行：请先执行 `xcmatrix run`")
	}
	return "", record.Wrongf(ref, "no such run in %s: name a run's id, a directory, or latest",
		"%s 中没有这个运行：请给出运行编号、目录或 latest", root)
}

// Load reads a run and checks its chain. A run that is still going, or was killed, loads too: its Seal is nil.
func Load(dir string) (*Run, error) {
	run, _, err := load(dir)
	return run, err
}

func load(dir string) (*Run, *chain, error) {
	m, raw, err := readManifest(dir)
	if err != nil {
		return nil, nil, err
	}
	sealed, err := readSeal(dir)
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, journalFile)
	in, err := os.Open(path)
	if err != nil {
		return nil, nil, record.Wrongf(path, "the journal cannot be read: %v", "无法读取日志：%v", cause(err))
	}
	defer in.Close()
	b := newBuilder(dir, m)
	c := newChain(path, in, raw)
	if err := b.addAll(c); err != nil {
		return nil, nil, err
	}
	if sealed != nil && (sealed.Entries != c.n || sealed.Head != c.head.String()) {
		return nil, nil, record.Wrongf(path, "the journal ends at entry %d, the seal says %d: something was cut off or added",
			"日志止于第 %d 条，封条记载为 %d 条：有内容被截去或添加", c.n, sealed.Entries)
	}
	run := b.finish()
	run.Seal, run.Entries, run.Head = sealed, c.n, c.head.String()
	return run, c, nil
}

// IsRun reports whether a directory holds a run.
func IsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, manifestFile))
	return err == nil
}

// Sealed reports whether a run has ended, without reading its journal.
func Sealed(dir string) (bool, error) {
	s, err := readSeal(dir)
	return s != nil, err
}
