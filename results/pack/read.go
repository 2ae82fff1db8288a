package pack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/emmansun/gmsm/sm3"
	"github.com/klauspost/compress/zstd"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Pack is a pack that is open for reading. Each of its files has the digest that pack.json names.
type Pack struct {
	path    string
	file    *os.File
	entries map[string]located // by the name of the file unpacked
	names   []string           // names of the attachments
}

// located is an entry and its offset in the pack.
type located struct {
	Entry
	at int64
}

// Open opens a pack and checks all of it without unpacking anything. It returns a *record.Problem if the pack is damaged
// or cannot be read.
func Open(path string) (*Pack, error) {
	file, err := regular.OpenNamed(path, maxPack)
	if err != nil {
		return nil, err
	}
	p := &Pack{path: path, file: file, entries: map[string]located{}}
	if err := p.read(); err != nil {
		file.Close()
		return nil, err
	}
	return p, nil
}

// Close closes the pack.
func (p *Pack) Close() error { return p.file.Close() }

// Attachments returns the names of the attachments.
func (p *Pack) Attachments() []string { return p.names }

// read reads and checks the whole pack.
func (p *Pack) read() error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	raw, at, err := p.readIndex(info.Size())
	if err != nil {
		return err
	}
	x, err := parseIndex(p.path, raw)
	if err != nil {
		return err
	}
	whole := at + trailer
	for _, e := range x.Entries {
		whole += blockSize + e.Packed + padding(e.Packed)
	}
	if whole != info.Size() {
		return p.damaged("it is %d bytes long, and its list makes %d: something was cut off or added",
			"文件长 %d 字节，而清单合计 %d 字节：有内容被截去或添加", info.Size(), whole)
	}
	for _, e := range x.Entries {
		if err := p.check(e, at); err != nil {
			return err
		}
		name := strings.TrimSuffix(e.Name, compressed)
		p.entries[name] = located{e, at + blockSize}
		if IsAttachment(name) {
			p.names = append(p.names, name)
		}
		at += blockSize + e.Packed + padding(e.Packed)
	}
	return p.zeros(at, trailer)
}

// readIndex returns the text of pack.json and the offset of the next file; whole is the length of the pack.
func (p *Pack) readIndex(whole int64) ([]byte, int64, error) {
	block := make([]byte, blockSize)
	if _, err := p.file.ReadAt(block, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, p.unreadable(err)
	}
	size, err := strconv.ParseInt(strings.TrimRight(string(block[sizeAt:sizeAt+sizeLength]), " \x00"), 8, 64)
	if err != nil || size <= 0 {
		return nil, 0, p.notAPack()
	}
	want, err := header(indexFile, size)
	if err != nil || !bytes.Equal(want, block) {
		return nil, 0, p.notAPack()
	}
	if size > maxIndex || size > whole {
		return nil, 0, p.damaged("its list is longer than the file, or than any list", "其清单超出文件或允许的长度")
	}
	raw := make([]byte, size)
	if _, err := p.file.ReadAt(raw, blockSize); err != nil {
		return nil, 0, p.unreadable(err)
	}
	return raw, blockSize + size + padding(size), p.zeros(blockSize+size, padding(size))
}

// check returns a *record.Problem if the file with its header at the offset at differs from its entry.
func (p *Pack) check(e Entry, at int64) error {
	want, err := header(e.Name, e.Packed)
	if err != nil {
		return p.damaged("%v", "%v", err)
	}
	block := make([]byte, blockSize)
	if _, err := p.file.ReadAt(block, at); err != nil {
		return p.unreadable(err)
	}
	if !bytes.Equal(want, block) {
		return p.damaged("%s is not where its list says", "%s 不在清单所示位置", e.Name)
	}
	digest := sm3.New()
	if _, err := io.Copy(digest, io.NewSectionReader(p.file, at+blockSize, e.Packed)); err != nil {
		return p.unreadable(err)
	}
	if hex.EncodeToString(digest.Sum(nil)) != e.SM3 {
		return p.damaged("%s was changed: it has not the digest that its list names", "%s 被改动：摘要与清单不符", e.Name)
	}
	return p.zeros(at+blockSize+e.Packed, padding(e.Packed))
}

// zeros returns a *record.Problem if n bytes from the offset at, which a tar archive leaves empty, are not zero.
func (p *Pack) zeros(at, n int64) error {
	fill := make([]byte, n)
	if _, err := p.file.ReadAt(fill, at); err != nil {
		return p.unreadable(err)
	}
	if strings.Trim(string(fill), "\x00") != "" {
		return p.damaged("something stands between its files", "文件之间存在多余内容")
	}
	return nil
}

// Read returns the content of a file of the pack. For errors see Reader.
func (p *Pack) Read(name string) ([]byte, error) {
	in, err := p.Reader(name)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(in)
}

// Reader returns a reader of a file's unpacked content. The reader fails with a *record.Problem if the content does not
// have the length of pack.json. If the pack does not have the file, the error is fs.ErrNotExist.
func (p *Pack) Reader(name string) (io.Reader, error) {
	e, ok := p.entries[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: p.place(name), Err: fs.ErrNotExist}
	}
	packed := io.NewSectionReader(p.file, e.at, e.Packed)
	if !strings.HasSuffix(e.Name, compressed) {
		return packed, nil
	}
	// With one goroutine, the decoder needs no Close.
	z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, p.undecodable(name, err)
	}
	return &exactly{in: z, left: e.Size, pack: p, name: name}, nil
}

// Raw returns a reader of a file's bytes in the pack, compressed.
func (p *Pack) Raw(name string) io.Reader {
	e := p.entries[name]
	return io.NewSectionReader(p.file, e.at, e.Packed)
}

// exactly reads the bytes of a file, and fails if there are fewer or more than its length.
type exactly struct {
	in   io.Reader
	left int64
	pack *Pack
	name string
}

func (x *exactly) Read(b []byte) (int, error) {
	n, err := x.in.Read(b[:min(int64(len(b)), x.left+1)])
	switch {
	case int64(n) > x.left:
		return 0, record.Wrongf(x.pack.place(x.name), "it unpacks to more than its list says", "解压后超过清单所示长度")
	case err == io.EOF && int64(n) < x.left:
		return n, record.Wrongf(x.pack.place(x.name), "it unpacks to less than its list says", "解压后不足清单所示长度")
	case err != nil && err != io.EOF:
		err = x.pack.undecodable(x.name, err)
	}
	x.left -= int64(n)
	return n, err
}

// place returns the place of a file of the pack, for messages.
func (p *Pack) place(name string) string { return filepath.Join(p.path, name) }

// undecodable returns the problem that a file cannot be unpacked.
func (p *Pack) undecodable(name string, err error) error {
	return record.Wrongf(p.place(name), "it cannot be unpacked: %v", "无法解压：%v", err)
}

// notAPack returns the problem that the file is no pack.
func (p *Pack) notAPack() error {
	return record.Wrongf(p.path, "it is no pack of a run: `xcmatrix pack` makes one", "这不是运行的打包文件：用 `xcmatrix pack` 生成")
}

// damaged returns the problem that the pack is damaged.
func (p *Pack) damaged(en, zh string, values ...any) error {
	return record.Wrongf(p.path, "the pack is damaged: "+en, "打包文件已损坏："+zh, values...)
}

// unreadable returns the problem that reading failed: the file has become shorter, or its disk fails.
func (p *Pack) unreadable(err error) error {
	if errors.Is(err, io.EOF) {
		return p.damaged("something was cut off", "有内容被截去")
	}
	return record.Wrongf(p.path, "cannot be read: %v", "无法读取：%v", err)
}
