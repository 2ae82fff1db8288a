package machine

import (
	"debug/elf"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"unicode"
)

// tree is a machine's root directory. Its methods read a bounded number of bytes.
type tree struct{ fs.FS }

const (
	maxFile  = 64 << 10 // bytes that are read of a file
	maxField = 512      // bytes that are kept of a value
)

// read returns the first maxFile bytes of a file; "" if it cannot be read.
func (t tree) read(name string) string {
	f, err := t.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil && len(body) == 0 {
		return ""
	}
	return string(body)
}

// firstLine returns the cleaned first line of a file; "" if it cannot be read.
func (t tree) firstLine(name string) string {
	line, _, _ := strings.Cut(t.read(name), "\n")
	return clean(line, maxField)
}

// number returns the number in a file; ok is false if the file holds something else, such as "max".
func (t tree) number(name string) (n uint64, ok bool) {
	n, err := strconv.ParseUint(t.firstLine(name), 10, 64)
	return n, err == nil
}

// elf opens an ELF file for a processor. The caller must call closeFile. file is nil if there is no such file, or if it is for
// another processor or no ELF file.
func (t tree) elf(name string, processor elf.Machine) (file *elf.File, closeFile func() error) {
	f, err := t.Open(name)
	if err != nil {
		return nil, nil
	}
	if at, ok := f.(io.ReaderAt); ok {
		if file, err := elf.NewFile(at); err == nil && file.Machine == processor {
			return file, f.Close
		}
	}
	f.Close()
	return nil, nil
}

// exists reports whether a file exists.
func (t tree) exists(name string) bool {
	_, err := fs.Stat(t, name)
	return err == nil
}

// clean makes an untrusted value safe to store and print: it returns at most maxBytes bytes of valid UTF-8 without control
// characters and surrounding blanks.
func clean(s string, maxBytes int) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxBytes)], "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// parseList parses the kernel's list format, such as "0-3,8,10-11" (Documentation/admin-guide/kernel-parameters.rst). It stops at
// an invalid number or one above maxCPU.
func parseList(s string) []int {
	const maxCPU = 1 << 14
	var all []int
	for part := range strings.SplitSeq(strings.TrimSpace(s), ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		low, errLow := strconv.Atoi(from)
		high, errHigh := strconv.Atoi(to)
		if errLow != nil || errHigh != nil || low < 0 || high >= maxCPU || len(all) >= maxCPU {
			return all
		}
		for n := low; n <= high; n++ {
			all = append(all, n)
		}
	}
	return all
}
