package benchtext

import (
	"bufio"
	"errors"
	"io"
)

// Prefix begins each line with a result.
var Prefix = []byte("Benchmark")

// MaxLine is the longest line in bytes that the Go benchmark format's reader takes.
const MaxLine = 60 << 10

// Lines is a reader of one file's text, line by line. Its take function is offered each whole line first and reports
// whether it used it; Read returns the lines that take did not use, for benchfmt. A line longer than MaxLine is returned
// as an empty one, so that the lines after it are still read. A last line without a newline gets one.
type Lines struct {
	Number int   // of the current line, from 1
	Long   []int // the numbers of the lines that were too long
	Cut    bool  // the last line had no newline

	in       *bufio.Reader
	take     func(line []byte, number int) bool
	rest     []byte // of the current line
	err      error
	skipping bool // the rest of a line that is too long
	log      log
}

// NewLines returns a reader of the text of in, which Decode should have made UTF-8.
func NewLines(in *bufio.Reader, take func(line []byte, number int) bool) *Lines {
	return &Lines{in: in, take: take}
}

// Broken reports whether the last event of `go test -json` was cut.
func (l *Lines) Broken() bool { return l.log.broken }

// Hidden returns the first line that has a result behind other text, and that text. The line is 0 if there is none.
func (l *Lines) Hidden() (line int, before string) { return l.log.hidden, l.log.before }

var newline = []byte{'\n'}

// Read copies the next bytes of the lines that take did not use into p. It returns io.EOF at the end of the file, or the
// error of reading it.
func (l *Lines) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		l.readLine()
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// readLine reads one line, or skips a part of one that is too long.
func (l *Lines) readLine() {
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
		l.Cut = true
	}
	l.Number++
	if l.skipping {
		l.skipping = false
		l.Long = append(l.Long, l.Number)
		l.rest = newline
		return
	}
	l.rest = l.offer(part)
}

// offer offers a line to take, as it stands or without what logs put around it. It returns the line if take did not use it,
// else nil.
func (l *Lines) offer(line []byte) []byte {
	odd := unusual(line)
	if !odd && !l.Cut && l.take(line, l.Number) {
		return nil
	}
	if plain := l.log.plain(line, l.Number); odd || len(plain) != len(line) {
		if len(plain) == 0 || !l.Cut && l.take(plain, l.Number) {
			return nil
		}
		return plain
	}
	return line
}
