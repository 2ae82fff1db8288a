// Package pack writes and reads packs: all files of a run in one file that is read as it lies.
//
// A pack is a tar archive (POSIX.1-1988 ustar) of regular files alone: pack.json first, then what it lists, in its order.
// The manifest, the seal and the journal are compressed with Zstandard (RFC 8878); attachments are gzip already and stay as
// they are. pack.json says of each how long it is, how long it is unpacked, and its SM3 digest as it lies, so that a reader
// refuses before it unpacks anything. No modification times, owners or paths of a machine are in it: the same run gives the
// same bytes.
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
	// Extension of a pack's name.
	Extension = ".xcr"

	indexFile  = "pack.json"
	compressed = ".zst"
	blockSize  = 512 // of tar
	trailer    = 2 * blockSize
	sizeAt     = 124 // where in a header the length stands, in octal digits
	sizeLength = 12

	maxPack       = 8 << 30
	maxIndex      = 4 << 20
	maxAttachment = 64 << 20
	// freely is how long a file may be unpacked whatever its compressed length; maxRatio is how many times its compressed
	// length else. A journal is compressed to a seventh. A manifest repeats itself from target to target and round to
	// round, and would become smaller than that allows: the writer then looks for repetitions in smallWindow alone.
	freely      = 4 << 20
	maxRatio    = 32
	smallWindow = 1 << 10
	// maxWindow is how much of what it has unpacked a decoder keeps.
	maxWindow = 4 << 20
)

// Entry is a file of a run as pack.json lists it.
type Entry struct {
	Name   string `json:"name"`   // in the archive: with ".zst" where it is compressed
	Packed int64  `json:"packed"` // bytes in the archive
	Size   int64  `json:"size"`   // bytes unpacked
	SM3    string `json:"sm3"`    // of the bytes in the archive
}

// index is pack.json.
type index struct {
	V       int     `json:"v"`
	Entries []Entry `json:"entries"`
}

// Files that stand at the beginning, in this order; a run that has not ended has no seal.
const (
	Manifest = "manifest.json"
	SealFile = "seal.json"
	Journal  = "journal.ndjson"
)

var limits = map[string]int64{Manifest: regular.MaxManifest, SealFile: 4 << 10, Journal: regular.MaxJournal}

// attachment is what an attachment is called: target, item, and a file. None begins with a dot.
var attachment = pattern.Of(`^attachments/[A-Za-z0-9][A-Za-z0-9._-]{0,127}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.gz$`)

// IsAttachment reports whether a pack has a place for an attachment of that name.
func IsAttachment(name string) bool { return attachment().MatchString(name) }

// Named reports whether a file is called as packs are.
func Named(file string) bool { return path.Ext(file) == Extension }

// spell is how pack.json is written.
func (x index) spell() ([]byte, error) {
	raw, err := json.MarshalIndent(x, "", " ")
	return append(raw, '\n'), err
}

// parseIndex reads pack.json, which has to be exactly as this program writes it.
func parseIndex(place string, raw []byte) (index, error) {
	var x index
	err := json.Unmarshal(raw, &x)
	if x.V > Version { // before all else: in a newer version a field may have another type
		return x, record.Wrongf(place, "made by a newer version (pack format %d, this program reads %d): update xcmatrix",
			"由更新的版本生成（打包格式 %d，本程序支持 %d）：请升级 xcmatrix", x.V, Version)
	}
	if err == nil {
		var again []byte
		if again, err = x.spell(); err == nil && !bytes.Equal(again, raw) {
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

// check reports a list that no run has: files that are absent, twice, out of order, of other names, or of sizes that
// cannot be.
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

// header is the block that stands before a file in the archive: it follows from name and length alone.
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

// padding is how many bytes follow a file up to the next block.
func padding(size int64) int64 { return (blockSize - size%blockSize) % blockSize }
