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
	names   []string           // of the attachments
}

// located is an entry and where in the pack it begins.
type located struct {
	Entry
	at int64
}

// Open opens a pack and checks it from end to end, without unpacking anything. Errors are *record.Problem.
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

// Close lets go of the pack.
func (p *Pack) Close() error { return p.file.Close() }

// Attachments are the names of the attachments.
func (p *Pack) Attachments() []string { return p.names }

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

// readIndex returns pack.json and where the next file begins.
func (p *Pack) readIndex(whole int64) ([]byte, int64, error) {
	block := make([]byte, blockSize)
	if _, err := p.file.ReadAt(block, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, p.unreadable(err)
	}
	size, err := strconv.ParseInt(strings.TrimRight(string(block[sizeAt:sizeAt+sizeLength]), " \x00"), 8, 64)
	if err != nil || size <= 0 {
		return nil, 0, p.none()
	}
	want, err := header(indexFile, size)
	if err != nil || !bytes.Equal(want, block) {
		return nil, 0, p.none()
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

// check compares a file of the pack, whose header is at a place, with what pack.json says of it.
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

// zeros reports what stands where a tar archive has nothing.
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

// Read is the content of a file of the pack.
func (p *Pack) Read(name string) ([]byte, error) {
	in, err := p.Reader(name)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(in)
}

// Reader reads a file of the pack unpacked, and fails with a *record.Problem where that is not as long as pack.json
// says. The error for a file that the pack does not hold is fs.ErrNotExist.
func (p *Pack) Reader(name string) (io.Reader, error) {
	e, ok := p.entries[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: p.place(name), Err: fs.ErrNotExist}
	}
	packed := io.NewSectionReader(p.file, e.at, e.Packed)
	if !strings.HasSuffix(e.Name, compressed) {
		return packed, nil
	}
	// Of one goroutine, so that there is nothing to be closed while another reads.
	z, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, p.undone(name, err)
	}
	return &exactly{in: z, left: e.Size, pack: p, name: name}, nil
}

// Raw reads a file of the pack as it lies.
func (p *Pack) Raw(name string) io.Reader {
	e := p.entries[name]
	return io.NewSectionReader(p.file, e.at, e.Packed)
}

// exactly reads as many bytes as a file has, and fails where there are fewer or more.
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
		err = x.pack.undone(x.name, err)
	}
	x.left -= int64(n)
	return n, err
}

func (p *Pack) place(name string) string { return filepath.Join(p.path, name) }

func (p *Pack) undone(name string, err error) error {
	return record.Wrongf(p.place(name), "it cannot be unpacked: %v", "无法解压：%v", err)
}

func (p *Pack) none() error {
	return record.Wrongf(p.path, "it is no pack of a run: `xcmatrix pack` makes one", "这不是运行的打包文件：用 `xcmatrix pack` 生成")
}

func (p *Pack) damaged(en, zh string, values ...any) error {
	return record.Wrongf(p.path, "the pack is damaged: "+en, "打包文件已损坏："+zh, values...)
}

// unreadable is a read that fails: the file has become shorter, or its disk fails.
func (p *Pack) unreadable(err error) error {
	if errors.Is(err, io.EOF) {
		return p.damaged("something was cut off", "有内容被截去")
	}
	return record.Wrongf(p.path, "cannot be read: %v", "无法读取：%v", err)
}
