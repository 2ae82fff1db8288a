package build

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// store copies a file into the cache under its digest, and returns it as a payload.
func (b *Builder) store(path string) (Payload, error) {
	digest, err := Digest(path)
	if err != nil {
		return Payload{}, err
	}
	p, ok := b.Cached(digest)
	if ok {
		return p, nil
	}
	if err := os.MkdirAll(b.Cache, 0o755); err != nil {
		return Payload{}, err
	}
	if err := copyFile(path, p.Path); err != nil {
		return Payload{}, fmt.Errorf("payload cannot be kept: %w", err)
	}
	b.prune()
	return p, nil
}

// Cached returns the payload with a digest; ok is false if the cache has no file with that content.
func (b *Builder) Cached(digest string) (p Payload, ok bool) {
	if b.Given != nil {
		return *b.Given, b.Given.Digest == digest
	}
	p = Payload{Path: b.path(digest), Digest: digest}
	got, err := Digest(p.Path)
	return p, err == nil && got == digest
}

// path returns the path in the cache of a payload.
func (b *Builder) path(digest string) string {
	return filepath.Join(b.Cache, strings.ReplaceAll(digest, ":", "-"))
}

// Digest returns the SHA-256 of a file, as "sha256:…".
func Digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// copyFile copies a file so that other processes see all of it or nothing.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Chmod(0o755), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}

// maxCached is the number of payloads that the cache keeps, of about 20 MB each: enough to resume recent runs.
const maxCached = 24

// prune removes the oldest payloads from the cache. It ignores errors.
func (b *Builder) prune() {
	paths, _ := filepath.Glob(filepath.Join(b.Cache, "sha256-*"))
	if len(paths) <= maxCached {
		return
	}
	age := map[string]int64{}
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil {
			age[p] = info.ModTime().UnixNano()
		}
	}
	slices.SortFunc(paths, func(a, c string) int { return int(min(1, max(-1, age[c]-age[a]))) })
	for _, p := range paths[maxCached:] {
		os.Remove(p)
	}
}

// shortHash returns the first 12 hexadecimal digits of the SHA-256 of a string.
func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
