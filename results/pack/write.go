package pack

import (
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/emmansun/gmsm/sm3"
	"github.com/klauspost/compress/zstd"

	"github.com/xcmatrix/xcmatrix/results/temporary"
)

// Source is a file that goes into a pack.
type Source struct {
	Name string // Manifest, SealFile, Journal, or the name of an attachment
	Open func() (io.ReadCloser, error)
}

// Write writes files into a new pack, in the order Manifest, SealFile, Journal, then attachments by name. If it fails, it
// leaves no file.
func Write(path string, sources []Source) error {
	spool, err := temporary.File(filepath.Dir(path), ".pack-*")
	if err != nil {
		return err
	}
	defer temporary.Remove(spool.Name())
	defer spool.Close()
	x := index{V: Version, Entries: []Entry{}}
	for _, s := range sources {
		e, err := spoolOne(spool, s)
		if err != nil {
			return err
		}
		x.Entries = append(x.Entries, e)
	}
	if err := x.check(); err != nil {
		return err
	}
	out, err := temporary.File(filepath.Dir(path), ".pack-*")
	if err != nil {
		return err
	}
	defer temporary.Remove(out.Name())
	err = x.write(out, spool)
	if err = errors.Join(err, out.Chmod(0o644), out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), path)
}

// spoolOne appends a file to spool as it will be in the pack, and returns its entry.
func spoolOne(spool *os.File, s Source) (Entry, error) {
	if _, isCompressed := limits[s.Name]; !isCompressed {
		return spoolAs(spool, s, s.Name, func(w io.Writer) (io.WriteCloser, error) { return uncompressed{w}, nil })
	}
	at, err := spool.Seek(0, io.SeekCurrent)
	if err != nil {
		return Entry{}, err
	}
	e, err := spoolAs(spool, s, s.Name+compressed, encoder(maxWindow))
	if err != nil || e.Size <= max(freely, e.Packed*maxRatio) {
		return e, err
	}
	if _, err := spool.Seek(at, io.SeekStart); err != nil {
		return e, err
	}
	if err := spool.Truncate(at); err != nil {
		return e, err
	}
	return spoolAs(spool, s, s.Name+compressed, encoder(smallWindow))
}

// encoder returns a function that compresses with Zstandard, in one goroutine and without timeouts: the same text gives
// the same bytes.
func encoder(window int) func(io.Writer) (io.WriteCloser, error) {
	return func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(window))
	}
}

// uncompressed is a writer that does not compress.
type uncompressed struct{ io.Writer }

func (uncompressed) Close() error { return nil }

// spoolAs appends a file to spool under a name, through an encoder.
func spoolAs(spool io.Writer, s Source, name string, through func(io.Writer) (io.WriteCloser, error)) (Entry, error) {
	e := Entry{Name: name}
	in, err := s.Open()
	if err != nil {
		return e, err
	}
	defer in.Close()
	digest := sm3.New()
	out := &counter{out: io.MultiWriter(spool, digest)}
	z, err := through(out)
	if err != nil {
		return e, err
	}
	e.Size, err = io.Copy(z, in)
	err = errors.Join(err, z.Close())
	e.Packed, e.SM3 = out.n, hex.EncodeToString(digest.Sum(nil))
	return e, err
}

// write writes the archive from the spooled files.
func (x index) write(out io.Writer, spool io.ReadSeeker) error {
	raw, err := x.encode()
	if err != nil {
		return err
	}
	h, err := header(indexFile, int64(len(raw)))
	if err != nil {
		return err
	}
	if _, err := out.Write(append(append(h, raw...), make([]byte, padding(int64(len(raw))))...)); err != nil {
		return err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for _, e := range x.Entries {
		h, err := header(e.Name, e.Packed)
		if err != nil {
			return err
		}
		if _, err := out.Write(h); err != nil {
			return err
		}
		if _, err := io.CopyN(out, spool, e.Packed); err != nil {
			return err
		}
		if _, err := out.Write(make([]byte, padding(e.Packed))); err != nil {
			return err
		}
	}
	_, err = out.Write(make([]byte, trailer))
	return err
}

// counter counts the bytes written.
type counter struct {
	out io.Writer
	n   int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.out.Write(b)
	c.n += int64(n)
	return n, err
}
