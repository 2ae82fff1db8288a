package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
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
	s := Source{Dir: dir, ManifestPlace: filepath.Join(dir, manifestFile), SealPlace: filepath.Join(dir, sealFile),
		JournalPlace: filepath.Join(dir, journalFile)}
	var err error
	if s.Manifest, err = regular.Read(s.ManifestPlace, regular.MaxManifest); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, record.Wrongf(dir, "there is no run here (no %s)", "这里没有运行记录（缺少 %s）", manifestFile)
	} else if err != nil {
		return nil, nil, err
	}
	if s.Seal, err = regular.Read(s.SealPlace, maxSeal); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	journal, err := regular.Open(s.JournalPlace, regular.MaxJournal)
	if err != nil {
		return nil, nil, err
	}
	defer journal.Close()
	s.Journal = journal
	return s.read()
}

// maxSeal is the longest seal in bytes.
const maxSeal = 4 << 10

// Source is a run's files wherever they are. What is wrong with one is told with its place.
type Source struct {
	Dir            string // of the run
	Manifest, Seal []byte // Seal is nil while there is none
	Journal        io.Reader

	ManifestPlace, SealPlace, JournalPlace string
}

// Read is Load for files that are elsewhere.
func Read(s Source) (*Run, error) {
	run, _, err := s.read()
	return run, err
}

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

// Look reports what is wrong with a run's files before its journal is read.
func Look(dir string) error {
	place := filepath.Join(dir, manifestFile)
	raw, err := regular.Read(place, regular.MaxManifest)
	if err != nil {
		return err
	}
	if _, err := parseManifest(place, raw); err != nil {
		return err
	}
	if _, err := Sealed(dir); err != nil {
		return err
	}
	journal, err := regular.Open(filepath.Join(dir, journalFile), regular.MaxJournal)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if journal != nil {
		return journal.Close()
	}
	return nil
}

// Sealed reports whether a run has ended, without reading its journal.
func Sealed(dir string) (bool, error) {
	path := filepath.Join(dir, sealFile)
	seal, err := regular.Read(path, maxSeal)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	place := filepath.Join(dir, manifestFile)
	raw, err := regular.Read(place, regular.MaxManifest)
	if err != nil {
		return false, err
	}
	m, err := parseManifest(place, raw)
	if err != nil {
		return false, err
	}
	_, err = parseSeal(path, seal, m.V)
	return err == nil, err
}
