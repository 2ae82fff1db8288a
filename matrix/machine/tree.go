package machine

import (
	"debug/elf"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"unicode"
)

// tree is a machine's root directory, read in bounded pieces.
type tree struct{ fs.FS }

const (
	maxFile  = 64 << 10 // bytes read of any file
	maxField = 512      // bytes kept of a single value
)

// read is the beginning of a file, "" where there is none.
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

// line is the first line of a file, cleaned.
func (t tree) line(name string) string {
	first, _, _ := strings.Cut(t.read(name), "\n")
	return clean(first, maxField)
}

// number is the number a file holds; ok is false for anything else, "max" among it.
func (t tree) number(name string) (n uint64, ok bool) {
	n, err := strconv.ParseUint(t.line(name), 10, 64)
	return n, err == nil
}

// elf opens an ELF file of a processor, and returns what closes it. It is nil for a file of another processor, for one
// that is no ELF file, and where there is none.
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

// has reports whether there is such a file.
func (t tree) has(name string) bool {
	_, err := fs.Stat(t, name)
	return err == nil
}

// clean makes a value of a foreign file fit to be stored and shown: valid UTF-8 without control characters, blanks
// trimmed, and not longer than max bytes.
func clean(s string, max int) string {
	s = strings.ToValidUTF8(s[:min(len(s), max)], "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// list parses the kernel's list format, "0-3,8,10-11" (Documentation/admin-guide/kernel-parameters.rst). Numbers over
// maxCPU are rubbish, and end the list.
func list(s string) []int {
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
