// Package publish lays certificates out in a repository of results, where they are reviewed as a pull request:
//
//	<system>/<chip>/<date>/   a certificate's folder, byte for byte
//	<system>/<chip>/<machine>/<date>/   that of a machine with a name of its own
//	<system>/README.md        what there is for a system
//	chips/<chip>.md           what there is for a chip
//	README.md                 both lists
//	index.html                all of it as one page, by chip, by system and by product
package publish

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/temporary"
)

// Put copies a certificate's folder into the repository and returns its place. It returns an error if the folder does not
// verify, or cannot be copied; a folder that is there already stays as it is. A machine with a name of its own, such as a
// host name or a serial number, has a folder of its own within its chip's.
func Put(repository, dir, machine string, by certify.Reader) (string, *certify.Verification, error) {
	v, err := certify.Verify(dir, by)
	if err != nil || !v.OK() {
		return "", v, err
	}
	place, there, err := free(repository, dir, machine, *v.Result)
	if err != nil || there {
		return place, v, err
	}
	parent := filepath.Dir(place)
	if err := within(repository, parent); err != nil {
		return "", v, err
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", v, record.Wrongf(parent, "cannot be written: %v", "无法写入：%v", err)
	}
	tmp, err := temporary.Dir(parent, ".new-*")
	if err != nil {
		return "", v, err
	}
	defer temporary.Remove(tmp)
	if err := copyFolder(tmp, dir); err != nil {
		return "", v, err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", v, err
	}
	return place, v, os.Rename(tmp, place)
}

// within returns a *record.Problem if a link or a file is on the way to a directory of the repository, because a
// repository that somebody else has made must not lead out of itself.
func within(repository, dir string) error {
	below, err := filepath.Rel(repository, dir)
	if err != nil {
		return err
	}
	at := repository
	for part := range strings.SplitSeq(below, string(filepath.Separator)) {
		at = filepath.Join(at, part)
		info, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return record.Wrongf(at, "cannot be read: %v", "无法读取：%v", err)
		case at != filepath.Clean(repository) && !info.IsDir():
			return record.Wrongf(at, "it is no directory of the repository, but %s: remove it", "这不是仓库中的目录，而是%s：请移除", kind(info.Mode()))
		}
	}
	return nil
}

// kind returns the name of a file's type.
func kind(m fs.FileMode) record.Sentence {
	if m&fs.ModeSymlink != 0 {
		return record.Say("a symbolic link", "符号链接")
	}
	return record.Say("a file", "文件")
}

// free returns the place of a certificate in the repository, and whether it is there already. A second certificate of a
// day gets a number.
func free(repository, dir, machine string, c claim.Claim) (place string, there bool, err error) {
	own, err := regular.Read(filepath.Join(dir, certify.StatementFile), certify.MaxStatement)
	if err != nil {
		return "", false, err
	}
	home := filepath.Join(repository, certify.Segment(System(c)), certify.Segment(Chip(c)))
	if machine != "" {
		home = filepath.Join(home, certify.Segment(machine))
	}
	day := filepath.Join(home, c.Issued.Format(time.DateOnly))
	for n := 1; ; n++ {
		place = day
		if n > 1 {
			place = fmt.Sprintf("%s.%d", day, n)
		}
		other, err := regular.Read(filepath.Join(place, certify.StatementFile), certify.MaxStatement)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return place, false, nil
		case err != nil:
			return "", false, err
		case string(other) == string(own):
			return place, true, nil
		}
	}
}

// Chip returns the name under which a certificate is filed: the chip that the machine was found to have, or how it was
// emulated. A declaration alone is not enough.
func Chip(c claim.Claim) string {
	if c.Provenance == record.Emulated || c.Machine == nil {
		return string(cmp.Or(c.Provenance, record.Built)) + "-" + c.Target.GOARCH + "-" + cmp.Or(c.Launcher.CPU, "any")
	}
	return cmp.Or(c.Machine.Chip, "unknown-"+c.Target.GOARCH)
}

// System returns the machine's system, "unknown" if it was not found; "emulated" for an emulator, where the system is the
// host's.
func System(c claim.Claim) string {
	if c.Provenance == record.Emulated || c.Machine == nil {
		return "emulated"
	}
	return cmp.Or(c.Machine.System, "unknown")
}

// copyFolder copies the files of a verified folder.
func copyFolder(to, from string) error {
	entries, err := regular.List(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := copyFile(filepath.Join(to, e.Name()), filepath.Join(from, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies one file into a new one.
func copyFile(to, from string) error {
	in, err := regular.Open(from, certify.MaxFile)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
