// Package pack writes and reads packs: all files of a run in one file, which is read without unpacking it.
//
// A pack is a tar archive (POSIX.1-1988 ustar) of regular files only: pack.json first, then the files that it lists, in
// its order. The manifest, the seal and the journal are compressed with Zstandard (RFC 8878); attachments are gzip files
// and stay as they are. For each file pack.json has its length in the pack, its length unpacked, and the SM3 digest of
// its bytes in the pack, so that a reader can refuse a pack before it unpacks anything. It has no modification times,
// owners or paths of a machine: the same run gives the same bytes.
//
// `tar tf` lists a pack; `tar xOf FILE journal.ndjson.zst | zstd -d` prints its journal.
package pack

import (
	"archive/tar"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

const (
	// Version of the format. A newer one is refused.
	Version = 1
	// Extension of a pack's file name.
	Extension = ".xcr"

	indexFile  = "pack.json"
	compressed = ".zst"
	blockSize  = 512 // of tar
	trailer    = 2 * blockSize
	sizeAt     = 124 // offset of the length in a header, in octal digits
	sizeLength = 12

	maxPack       = 8 << 30
	maxIndex      = 4 << 20
	maxAttachment = 64 << 20
	// freely is the unpacked length that a file may have in any case; a longer one may be maxRatio times its compressed
	// length. A journal is compressed to a seventh. A manifest repeats itself from target to target and round to
	// round, and could exceed the ratio: the writer then compresses it with smallWindow.
	freely      = 4 << 20
	maxRatio    = 32
	smallWindow = 1 << 10
	// maxWindow is the largest window of a decoder, in bytes.
	maxWindow = 4 << 20
)

// Entry describes a file of a run in pack.json.
type Entry struct {
	Name   string `json:"name"`   // in the archive: with ".zst" where it is compressed
	Packed int64  `json:"packed"` // bytes in the archive
	Size   int64  `json:"size"`   // bytes unpacked
	SM3    string `json:"sm3"`    // of the bytes in the archive
}

// index is the content of pack.json.
type index struct {
	V       int     `json:"v"`
	Entries []Entry `json:"entries"`
}

// Files at the beginning, in this order; a run that has not ended has no seal.
const (
	Manifest = "manifest.json"
	SealFile = "seal.json"
	Journal  = "journal.ndjson"
)

var limits = map[string]int64{Manifest: regular.MaxManifest, SealFile: 4 << 10, Journal: regular.MaxJournal}

// attachment matches the names of attachments: target, item, and a file. No part begins with a dot.
var attachment = pattern.Of(`^attachments/[A-Za-z0-9][A-Za-z0-9._-]{0,127}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.gz$`)

// IsAttachment reports whether name can be the name of an attachment in a pack.
func IsAttachment(name string) bool { return attachment().MatchString(name) }

// Named reports whether a file has the extension of packs.
func Named(file string) bool { return path.Ext(file) == Extension }

// encode returns the text of pack.json.
func (x index) encode() ([]byte, error) {
	raw, err := json.MarshalIndent(x, "", " ")
	return append(raw, '\n'), err
}

// parseIndex reads pack.json. It returns an error for a text that differs from the encoding of this program.
func parseIndex(place string, raw []byte) (index, error) {
	var x index
	err := json.Unmarshal(raw, &x)
	if x.V > Version { // before all else: in a newer version a field may have another type
		return x, record.Wrongf(place, "made by a newer version (pack format %d, this program reads %d): update xcmatrix",
			"由更新的版本生成（打包格式 %d，本程序支持 %d）：请升级 xcmatrix", x.V, Version)
	}
	if err == nil {
		var again []byte
		if again, err = x.encode(); err == nil && !bytes.Equal(again, raw) {
			err = errors.New("it is not as this program writes it")
		}
	}
	if err == nil {
		err = x.check()
	}
	if err != nil {
		return x, record.Wrongf(place, "the pack is damaged: %s: %v", "打包文件已损坏：%s：%v", indexFile, err)
	}
	return x, nil
}

// check returns an error for a list that no run has: files that are absent, listed twice, out of order, or have
// impossible names or sizes.
func (x index) check() error {
	if x.V != Version {
		return errors.New(`no "v"`)
	}
	rest := x.Entries
	for _, name := range []string{Manifest, SealFile, Journal} {
		switch {
		case len(rest) > 0 && rest[0].Name == name+compressed:
			rest = rest[1:]
		case name != SealFile:
			return fmt.Errorf("%s is not where it belongs", name)
		}
	}
	for i, e := range rest {
		switch {
		case !IsAttachment(e.Name):
			return fmt.Errorf("%.200q is no file of a run", e.Name)
		case i > 0 && rest[i-1].Name >= e.Name:
			return fmt.Errorf("%.200q is out of order", e.Name)
		}
	}
	for _, e := range x.Entries {
		if err := e.check(); err != nil {
			return err
		}
	}
	return nil
}

// check returns an error for impossible sizes or a wrong digest.
func (e Entry) check() error {
	digest, err := hex.DecodeString(e.SM3)
	name := strings.TrimSuffix(e.Name, compressed)
	limit, isCompressed := limits[name]
	switch {
	case err != nil || len(digest) != 32:
		return fmt.Errorf("%s has no SM3 digest", e.Name)
	case e.Packed < 0 || e.Size < 0 || e.Packed > maxPack:
		return fmt.Errorf("%s has an impossible length", e.Name)
	case !isCompressed && (e.Size != e.Packed || e.Size > maxAttachment):
		return fmt.Errorf("%s has an impossible length", e.Name)
	case isCompressed && e.Size > limit:
		return fmt.Errorf("%s would unpack to %d bytes: %d are the most that is read of such a file", e.Name, e.Size, limit)
	case isCompressed && e.Size > max(freely, e.Packed*maxRatio):
		return fmt.Errorf("%s would unpack from %d bytes to %d: no results do", e.Name, e.Packed, e.Size)
	}
	return nil
}

// header returns the tar header of a file, which depends on name and length alone.
func header(name string, size int64) ([]byte, error) {
	var b bytes.Buffer
	h := tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, Format: tar.FormatUSTAR}
	if err := tar.NewWriter(&b).WriteHeader(&h); err != nil {
		return nil, fmt.Errorf("%.200q does not fit into a pack: %w", name, err)
	}
	if b.Len() != blockSize {
		return nil, fmt.Errorf("%.200q does not fit into a pack", name)
	}
	return b.Bytes(), nil
}

// padding returns the number of bytes after a file up to the next block.
func padding(size int64) int64 { return (blockSize - size%blockSize) % blockSize }
