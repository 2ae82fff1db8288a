// Package powercut writes records to files and says of each when it is certainly on the disk, so that somebody else can cut the
// power at any moment; and it verifies, after the next start, that everything is there that it said so of.
package powercut

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	lineBytes = 64
	slots     = 32
	logName   = "log"
)

// Writer writes records, numbered from 1: each is a line of a log, and a whole file that replaces an older one.
type Writer struct {
	Dir  string
	Sync bool // without it the writer forgets fsync: what it then says is not true, which a verification must notice
}

// Write writes records from a number on, and calls acknowledge for each that is on the disk, until that returns an error.
func (w Writer) Write(from uint64, acknowledge func(n uint64) error) error {
	log, err := os.OpenFile(filepath.Join(w.Dir, logName), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	if err := w.syncDirectory(); err != nil {
		return err
	}
	for n := from; ; n++ {
		if _, err := log.WriteAt(line(n), int64(n-1)*lineBytes); err != nil {
			return err
		}
		if err := w.sync(log); err != nil {
			return err
		}
		if err := w.replace(n); err != nil {
			return err
		}
		if err := acknowledge(n); err != nil {
			return err
		}
	}
}

// replace writes the file of a record beside the one that it replaces, and gives it that one's name.
func (w Writer) replace(n uint64) error {
	path := slotPath(w.Dir, n)
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content(n))
	if err == nil {
		err = w.sync(f)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return err
	}
	return w.syncDirectory()
}

// syncDirectory writes the names to the disk: those of new and renamed files are in the directory, not in the files.
func (w Writer) syncDirectory() error {
	d, err := os.Open(w.Dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return w.sync(d)
}

func (w Writer) sync(f *os.File) error {
	if !w.Sync {
		return nil
	}
	return f.Sync()
}

// Verify returns an error if one of the first n records is not in the directory as it was written. Newer records may be there.
func Verify(dir string, n uint64) error {
	log, err := os.ReadFile(filepath.Join(dir, logName))
	if err != nil && !(n == 0 && errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	for i := uint64(1); i <= n; i++ {
		end := int(i * lineBytes)
		if end > len(log) {
			return fmt.Errorf("the log has %d bytes: record %d of %d is not there", len(log), i, n)
		}
		if !bytes.Equal(log[end-lineBytes:end], line(i)) {
			return fmt.Errorf("record %d of %d is in the log as %q", i, n, log[end-lineBytes:end])
		}
	}
	for i := uint64(0); i < min(n, slots); i++ {
		if err := verifySlot(dir, n-i); err != nil {
			return err
		}
	}
	return nil
}

// verifySlot returns an error if the file of a record is neither that nor a newer one as a whole.
func verifySlot(dir string, n uint64) error {
	got, err := os.ReadFile(slotPath(dir, n))
	if err != nil {
		return err
	}
	if len(got) < 8 {
		return fmt.Errorf("the file of record %d has %d bytes", n, len(got))
	}
	has := binary.LittleEndian.Uint64(got)
	switch {
	case has < n || has%slots != n%slots:
		return fmt.Errorf("the file of record %d has record %d", n, has)
	case !bytes.Equal(got, content(has)):
		return fmt.Errorf("the file of record %d has record %d, and not as it was written", n, has)
	}
	return nil
}

func slotPath(dir string, n uint64) string {
	return filepath.Join(dir, fmt.Sprintf("slot-%02d", n%slots))
}

// line returns the line of a record in the log.
func line(n uint64) []byte {
	text := fmt.Sprintf("%020d", n)
	text = fmt.Sprintf("%s %08x ", text, crc32.ChecksumIEEE([]byte(text)))
	return append(append([]byte(text), bytes.Repeat([]byte{'.'}, lineBytes-1-len(text))...), '\n')
}

// content returns the file of a record: its number, and bytes that follow from it. Files have different lengths, up to 32 KiB.
func content(n uint64) []byte {
	all := make([]byte, 8+(n*7919)%(32<<10))
	binary.LittleEndian.PutUint64(all, n)
	state := n | 1
	for i := 8; i < len(all); i++ {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		all[i] = byte(state)
	}
	return all
}
