package regular_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

const limit = 1 << 10

// hostile makes files that nothing may read, by the words that refuse them.
func hostile(t *testing.T, dir string) map[string]string {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(syscall.Mkfifo(at("pipe"), 0o600))
	must(os.WriteFile(at("file"), []byte("content"), 0o600))
	must(os.Symlink("file", at("link")))
	must(os.Symlink("/dev/zero", at("zero")))
	must(os.Mkdir(at("directory"), 0o700))
	must(os.WriteFile(at("sparse"), nil, 0o600))
	must(os.Truncate(at("sparse"), 10<<30))
	l, err := net.Listen("unix", at("socket"))
	must(err)
	t.Cleanup(func() { l.Close() })
	return map[string]string{"pipe": "a named pipe", "link": "a symbolic link", "zero": "a symbolic link", "directory": "a directory",
		"sparse": "longer than 1 KiB", "socket": "a socket", "none": "no such file"}
}

func TestOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	files := hostile(t, dir)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, words := range files {
		path := filepath.Join(dir, name)
		started := time.Now()
		_, errRead := regular.Read(path, limit)
		refused(t, errRead, path, words)
		_, errIn := regular.OpenIn(root, name, limit)
		refused(t, errIn, name, words)
		if name != "link" && name != "zero" {
			_, errNamed := regular.ReadNamed(path, limit)
			refused(t, errNamed, path, words)
		}
		if name != "none" {
			_, errUpdate := regular.Update(path, 0o600, limit)
			refused(t, errUpdate, path, words)
		}
		if took := time.Since(started); took > time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
	_, err = regular.ReadNamed("/dev/zero", limit)
	refused(t, err, "/dev/zero", "a device")
	_, err = regular.ReadNamed(filepath.Join(dir, "zero"), limit)
	refused(t, err, filepath.Join(dir, "zero"), "a device")
	_, err = regular.Read(filepath.Join(dir, "none"), limit)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func refused(t *testing.T, err error, place, words string) {
	t.Helper()
	var p *record.Problem
	if !errors.As(err, &p) || p.Place != place || !strings.Contains(p.En, words) || p.Zh == "" || strings.Contains(p.Error(), "\n") {
		t.Errorf("%v, want %s: … %s …", err, place, words)
	}
}

func TestRegularFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	hostile(t, dir)
	for name, read := range map[string]func(string, int64) ([]byte, error){"file": regular.Read, "link": regular.ReadNamed} {
		if text, err := read(filepath.Join(dir, name), 7); err != nil || string(text) != "content" {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
	if _, err := regular.Read(filepath.Join(dir, "file"), 6); err == nil {
		t.Error("a byte too many was read")
	}
	f, err := regular.Update(filepath.Join(dir, "new"), 0o600, limit)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("x"); err != nil || f.Close() != nil {
		t.Error(err)
	}
}

// TestGrowing: files of /proc say that they have no length.
func TestGrowing(t *testing.T) {
	if _, err := regular.Read("/proc/self/maps", 64); err == nil || !strings.Contains(err.Error(), "longer than 64 B") {
		t.Error(err)
	}
	if text, err := regular.Read("/proc/self/maps", 1<<20); err != nil || len(text) == 0 {
		t.Error(err)
	}
}

func TestGunzip(t *testing.T) {
	pack := func(n int64) []byte {
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(z, zeros{}, n); err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	small, large := pack(16<<20), pack(40<<20)
	for _, c := range []struct {
		name  string
		in    []byte
		limit int64
		want  int64
		words string
	}{
		{"whole", small, 16 << 20, 16 << 20, ""},
		{"beyond the limit", small, 16<<20 - 1, 16<<20 - 1, "longer than 15 MiB"},
		{"a bomb", large, 1 << 30, 16 << 20, "unpack to more than 16 MiB"},
		{"cut", small[:len(small)/2], 1 << 30, -1, "cannot be unpacked"},
		{"garbage behind", append(bytes.Clone(small), "x"...), 1 << 30, -1, "cannot be unpacked"},
	} {
		r, err := regular.Gunzip(bytes.NewReader(c.in), "f", int64(len(c.in)), c.limit)
		if err != nil {
			t.Fatal(c.name, err)
		}
		n, err := io.Copy(io.Discard, r)
		if c.want >= 0 && n != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, n, c.want)
		}
		if c.words == "" {
			if err != nil {
				t.Error(c.name, err)
			}
			continue
		}
		refused(t, err, "f", c.words)
	}
	_, err := regular.Gunzip(strings.NewReader("no gzip"), "f", 7, limit)
	refused(t, err, "f", "cannot be unpacked")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
