package gotest

import (
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
)

// assemble writes the program and the tests into one file of the cache, under its digest.
func (p *Product) assemble(b *built, program string) (build.Payload, error) {
	dir := filepath.Join(p.Cache, "payloads")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return build.Payload{}, err
	}
	out, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return build.Payload{}, err
	}
	defer os.Remove(out.Name())
	sum, err := p.write(out, b, program)
	if err = errors.Join(err, out.Chmod(0o755), out.Close()); err != nil {
		return build.Payload{}, fmt.Errorf("the payload cannot be written: %w", err)
	}
	payload := build.Payload{Digest: "sha256:" + hex.EncodeToString(sum.Sum(nil))}
	payload.Path = filepath.Join(dir, "sha256-"+payload.Digest[len("sha256:"):])
	return payload, os.Rename(out.Name(), payload.Path)
}

// write writes the program and the tests to out, and returns the digest of all that.
func (p *Product) write(out *os.File, b *built, program string) (hash.Hash, error) {
	in, err := os.Open(program)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	size, err := io.Copy(out, in)
	if err != nil {
		return nil, err
	}
	sum, err := p.programSum(in, size)
	if err != nil {
		return nil, err
	}
	return sum, image.Write(io.MultiWriter(out, sum), size, b.contents, b.binaries, b.files)
}

// programSum returns the digest of a program to which more can be added. The same file is read once: the cache keeps what
// came of it under what the file system says of the file, which no change of its content leaves as it was.
func (p *Product) programSum(in *os.File, size int64) (hash.Hash, error) {
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	kept := p.sumPath(info)
	if state, err := os.ReadFile(kept); kept != "" && err == nil && info.Size() == size {
		if sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(state) == nil {
			return sum, nil
		}
		sum.Reset()
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if n, err := io.Copy(sum, in); err != nil || n != size {
		return nil, errors.Join(err, fmt.Errorf("%s changed while it was read", in.Name()))
	}
	if state, err := sum.(encoding.BinaryMarshaler).MarshalBinary(); err == nil && kept != "" && time.Since(info.ModTime()) > settled {
		keepSum(kept, state)
	}
	return sum, nil
}

// settled is the age of a file from which on a change of it shows in its times, which file systems count in steps.
const settled = 2 * time.Second

// sumPath returns the path in the cache for the digest of a file as it is now; "" where the file system does not tell files apart.
func (p *Product) sumPath(info fs.FileInfo) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	name := digest(fmt.Sprint(s.Dev, s.Ino, s.Size, s.Mtim, s.Ctim))
	return filepath.Join(p.Cache, "sums", name)
}

// keepSum writes what came of a file, and removes what came of earlier ones. An error loses nothing but time.
func keepSum(path string, state []byte) {
	dir := filepath.Dir(path)
	if os.MkdirAll(dir, 0o755) != nil {
		return
	}
	if old, err := os.ReadDir(dir); err == nil && len(old) >= maxSumsKept {
		for _, e := range old {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	tmp, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(state)
	if errors.Join(err, tmp.Close()) == nil {
		_ = os.Rename(tmp.Name(), path)
	}
}

// maxSumsKept bounds the digests that the cache keeps.
const maxSumsKept = 32
