package series

import (
	"bufio"
	"errors"
	"io"
)

// maxLine is the longest line that the Go benchmark format's reader takes.
const maxLine = 60 << 10

// lines passes on what it reads, line by line, but for the lines that are taken from it. A line that is too long becomes
// an empty one, so that the lines behind it are still read. At the end it adds the newline that is missing.
type lines struct {
	in       *bufio.Reader
	take     func(line []byte, number int) bool // whole lines only
	rest     []byte                             // of the current line
	line     int                                // its number, from 1
	long     []int                              // lines that were too long
	cut      bool                               // the last line has no newline
	err      error
	skipping bool
	log      log
}

func newLines(in *bufio.Reader, take func(line []byte, number int) bool) *lines {
	return &lines{in: in, take: take}
}

var newline = []byte{'\n'}

func (l *lines) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		l.fill()
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// fill reads one line, unless it is taken, or passes over a part of one that is too long.
func (l *lines) fill() {
	part, err := l.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		l.skipping = true
		return
	case err != nil && !errors.Is(err, io.EOF):
		l.err = err
		return
	case err != nil:
		l.err = io.EOF
		if len(part) == 0 && !l.skipping {
			return
		}
		l.cut = true
	}
	l.line++
	if l.skipping {
		l.skipping = false
		l.long = append(l.long, l.line)
		l.rest = newline
		return
	}
	l.rest = l.pass(part)
}

// pass returns what is left to pass on of a line.
func (l *lines) pass(line []byte) []byte {
	odd := unusual(line)
	if !odd && !l.cut && l.take(line, l.line) {
		return nil
	}
	if plain := l.log.plain(line, l.line); odd || len(plain) != len(line) {
		if len(plain) == 0 || !l.cut && l.take(plain, l.line) {
			return nil
		}
		return plain
	}
	return line
}
