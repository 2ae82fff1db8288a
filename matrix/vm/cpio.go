package vm

import (
	"fmt"
	"io"
	"os"
)

// archive writes a cpio archive in the "newc" format, which the kernel unpacks as its initial root file system
// (Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's source).
type archive struct {
	out io.Writer
	at  int64 // bytes written
	ino int
	err error
}

func (a *archive) write(p []byte) {
	if a.err == nil {
		var n int
		n, a.err = a.out.Write(p)
		a.at += int64(n)
	}
}

func (a *archive) pad() { a.write(make([]byte, (4-a.at%4)%4)) }

// header begins an entry. Times are zero, so that the same content gives the same archive.
func (a *archive) header(name string, mode uint32, size int64, major, minor int) {
	a.ino++
	links := 1
	a.write(fmt.Appendf(nil, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		a.ino, mode, 0, 0, links, 0, size, 0, 0, major, minor, len(name)+1, 0))
	a.write(append([]byte(name), 0))
	a.pad()
}

func (a *archive) dir(name string) { a.header(name, 0o040755, 0, 0, 0) }

func (a *archive) device(name string, major, minor int) { a.header(name, 0o020600, 0, major, minor) }

func (a *archive) file(name string, mode uint32, content []byte) {
	a.header(name, 0o100000|mode, int64(len(content)), 0, 0)
	a.write(content)
	a.pad()
}

// copy adds a file of the host at path.
func (a *archive) copy(name string, mode uint32, path string) {
	if a.err != nil {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		a.err = err
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		a.err = err
		return
	}
	a.header(name, 0o100000|mode, info.Size(), 0, 0)
	n, err := io.Copy(a.out, io.LimitReader(f, info.Size()))
	a.at += n
	if a.err == nil {
		a.err = err
	}
	if a.err == nil && n < info.Size() {
		a.err = fmt.Errorf("%s: %w", path, io.ErrUnexpectedEOF)
	}
	a.pad()
}

func (a *archive) close() error {
	a.ino = -1
	a.header("TRAILER!!!", 0, 0, 0, 0)
	a.write(make([]byte, (512-a.at%512)%512))
	return a.err
}
