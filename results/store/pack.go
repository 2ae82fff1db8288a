package store

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/xcmatrix/xcmatrix/results/pack"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Pack writes the run at a path into a new pack, and returns the run. The pack has the files of a run only: manifest,
// seal, journal without an incomplete last line, attachments. It returns an error if the run is damaged or being written,
// or if out exists.
func Pack(path, out string) (*Run, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unlock, err := f.hold()
	if err != nil {
		return nil, err
	}
	defer unlock()
	run, c, err := f.load()
	if err != nil {
		return nil, err
	}
	sources, err := f.sources(c.bytes)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return nil, record.Wrongf(out, "it is there already: remove it, or name another --out", "文件已存在：请移除或用 --out 指定其他文件")
	}
	if err := pack.Write(out, sources); err != nil {
		var told *record.Problem
		if errors.As(err, &told) {
			return nil, err
		}
		return nil, record.Wrongf(out, "cannot be written: %v; name another --out, or make room", "无法写入：%v；请用 --out 指定其他位置，或腾出空间", cause(err))
	}
	return run, nil
}

// hold locks a run, so that no process writes to it. It fails if one does.
func (f *Files) hold() (unlock func() error, err error) {
	if f.packed != nil {
		return func() error { return nil }, nil
	}
	if !IsRun(f.path) {
		return nil, record.Wrongf(f.path, "there is no run here (no %s)", "这里没有运行记录（缺少 %s）", manifestFile)
	}
	journal, err := regular.Open(f.place(journalFile), regular.MaxJournal)
	if err != nil {
		return nil, err
	}
	if err := retry.Lock(journal.Fd(), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		journal.Close()
		return nil, record.Wrongf(f.path, "another process is writing to this run: wait for it, or stop it",
			"另一个进程正在写入此运行：请等待其结束或将其停止")
	}
	return journal.Close, nil
}

// sources returns the run's files in the order of a pack; journal is the length of the journal's valid part.
func (f *Files) sources(journal int64) ([]pack.Source, error) {
	list := []pack.Source{{Name: pack.Manifest, Open: text(f.Manifest)}}
	seal, err := f.Seal()
	if err != nil {
		return nil, err
	}
	if seal != nil {
		list = append(list, pack.Source{Name: pack.SealFile, Open: text(f.Seal)})
	}
	list = append(list, pack.Source{Name: pack.Journal, Open: func() (io.ReadCloser, error) {
		in, err := f.Journal()
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{io.LimitReader(in, journal), in}, nil
	}})
	names, err := f.attachments()
	for _, name := range names {
		list = append(list, pack.Source{Name: name, Open: func() (io.ReadCloser, error) { return f.attachment(name) }})
	}
	return list, err
}

// text returns a function that opens the text that read returns.
func text(read func() ([]byte, error)) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		raw, err := read()
		return io.NopCloser(bytes.NewReader(raw)), err
	}
}

// attachments returns the names of the run's attachments, in order. Other files among them are left out.
func (f *Files) attachments() ([]string, error) {
	if f.packed != nil {
		return f.packed.Attachments(), nil
	}
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	names, err := fs.Glob(root.FS(), "attachments/*/*/*.gz")
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !pack.IsAttachment(name) })
	slices.Sort(names)
	return names, nil
}

// maxAttachment is the largest attachment of a pack, in bytes.
const maxAttachment = 64 << 20

// attachment opens an attachment without decompressing it. It follows no link.
func (f *Files) attachment(name string) (io.ReadCloser, error) {
	if f.packed != nil {
		return io.NopCloser(f.packed.Raw(name)), nil
	}
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	in, err := regular.OpenIn(root, filepath.FromSlash(name), maxAttachment)
	var p *record.Problem
	if errors.As(err, &p) {
		p.Place = f.place(name)
	}
	return in, err
}
