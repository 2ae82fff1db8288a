package ssh

import (
	"errors"
	"io"
)

// errTalkative is the error for a machine that prints more than the longest answer.
var errTalkative = errors.New("it prints without end where an answer is expected")

// lines reads lines of limited length. It reads no byte beyond the last line, because the rest is for another reader.
type lines struct {
	from io.Reader
	left int
}

// next returns the next line without its end.
func (l *lines) next() (string, error) {
	var line []byte
	one := make([]byte, 1)
	for {
		if _, err := io.ReadFull(l.from, one); err != nil {
			return "", err
		}
		if l.left--; l.left < 0 {
			return "", errTalkative
		}
		if one[0] == '\n' {
			return string(line), nil
		}
		line = append(line, one[0])
	}
}

// until skips lines up to and including line.
func (l *lines) until(line string) error {
	for {
		got, err := l.next()
		if err != nil || got == line {
			return err
		}
	}
}
