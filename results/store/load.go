package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pack"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Find returns the directory or the pack for a RUN on the command line: a run's id, a directory, a pack, or "latest". It
// returns a *record.Problem if there is no such run.
func Find(root, ref string) (string, error) {
	candidates := []string{filepath.Join(root, ref), ref}
	if strings.ContainsRune(ref, filepath.Separator) {
		candidates = candidates[1:]
	}
	for _, dir := range candidates {
		if IsRun(dir) {
			return filepath.EvalSymlinks(dir)
		}
	}
	if info, err := os.Stat(ref); err == nil && ref != latestLink {
		return "", noRun(ref, info)
	}
	if ref == latestLink {
		// Ids begin with the time, and Glob sorts: the last is the newest.
		if all, err := filepath.Glob(filepath.Join(root, "*", manifestFile)); err == nil && len(all) > 0 {
			return filepath.Dir(all[len(all)-1]), nil
		}
		return "", record.Wrongf(root, "there is no run here yet: make one with `xcmatrix run`",
			"这里还没有任何运行：请先执行 `xcmatrix run`")
	}
	return "", record.Wrongf(ref, "no such run in %s: name a run's id, a directory, a pack, or latest",
		"%s 中没有这个运行：请给出运行编号、目录、打包文件或 latest", root)
}

// noRun returns the problem that what is at a path is no run.
func noRun(path string, info os.FileInfo) *record.Problem {
	switch {
	case info.Mode().IsRegular():
		return record.Wrongf(path, "it is no run: a run is a directory, or a pack, whose name ends with %s", "这不是运行：运行是目录，或以 %s 结尾的打包文件", pack.Extension)
	case info.IsDir():
		return record.Wrongf(path, "it is no run: the directory has no %[1]s; name the directory that has it", "这不是运行：目录中没有 %[1]s；请给出包含该文件的目录", manifestFile)
	}
	return record.Wrongf(path, "it is no run, but %[1]s: name a run's id, a directory or a pack", "这不是运行，而是%[1]s：请给出运行编号、目录或打包文件", regular.Kind(info.Mode()))
}

// Load reads a run, in its directory or in a pack, and checks its chain. The Seal is nil for a run that has not ended. It
// returns a *record.Problem for a damaged file.
func Load(dir string) (*Run, error) {
	run, _, err := load(dir)
	return run, err
}

// load does what Load does, and returns the chain too.
func load(path string) (*Run, *chain, error) {
	f, err := Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return f.load()
}

// load does what Load does for opened files, and returns the chain too.
func (f *Files) load() (*Run, *chain, error) {
	s, journal, err := f.source()
	if err != nil {
		return nil, nil, err
	}
	defer journal.Close()
	return s.read()
}

// maxSeal is the largest seal, in bytes.
const maxSeal = 4 << 10

// Source is a run's files, wherever they are. Dir is their place in errors.
type Source struct {
	Dir            string // of the run
	Manifest, Seal []byte // Seal is nil if there is none
	Journal        io.Reader

	ManifestPlace, SealPlace, JournalPlace string
}

// Read does what Load does for files elsewhere.
func Read(s Source) (*Run, error) {
	run, _, err := s.read()
	return run, err
}

// read does what Read does, and returns the chain too.
func (s Source) read() (*Run, *chain, error) {
	m, err := parseManifest(s.ManifestPlace, s.Manifest)
	if err != nil {
		return nil, nil, err
	}
	var sealed *Seal
	if s.Seal != nil {
		if sealed, err = parseSeal(s.SealPlace, s.Seal, m.V); err != nil {
			return nil, nil, err
		}
	}
	b := newBuilder(s.Dir, m)
	c := newChain(s.JournalPlace, s.Journal, s.Manifest)
	if err := b.addAll(c); err != nil {
		return nil, nil, err
	}
	if sealed != nil && (sealed.Entries != c.n || sealed.Head != c.head.String()) {
		return nil, nil, record.Wrongf(s.JournalPlace, "the journal ends at entry %d, the seal says %d: something was cut off or added",
			"日志止于第 %d 条，封存记录记载为 %d 条：有内容被截去或添加", c.n, sealed.Entries)
	}
	run := b.finish()
	run.Seal, run.Entries, run.Head = sealed, c.n, c.head.String()
	return run, c, nil
}

// IsRun reports whether a path is the directory of a run, or a pack.
func IsRun(path string) bool {
	if isPack(path) {
		return true
	}
	_, err := os.Stat(filepath.Join(path, manifestFile))
	return err == nil
}

// Look returns a *record.Problem if a run cannot be resumed, without reading its journal.
func Look(dir string) error {
	if isPack(dir) {
		return record.Wrongf(dir, "a pack is not written to: resume the run in its own directory, where it was made", "打包文件不可写入：请在生成该运行的目录中继续")
	}
	if _, err := Sealed(dir); err != nil {
		return err
	}
	journal, err := OpenJournal(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return journal.Close()
}

// Sealed reports whether a run has ended, without reading its journal.
func Sealed(path string) (bool, error) {
	f, err := Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	raw, err := f.Manifest()
	if err != nil {
		return false, err
	}
	m, err := parseManifest(f.place(manifestFile), raw)
	if err != nil {
		return false, err
	}
	seal, err := f.Seal()
	if err != nil || seal == nil {
		return false, err
	}
	_, err = parseSeal(f.place(sealFile), seal, m.V)
	return err == nil, err
}
