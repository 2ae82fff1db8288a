package ssh

import (
	"errors"
	"io"
)

// errTalkative is that of a machine that prints more than any answer is long.
var errTalkative = errors.New("it prints without end where an answer is expected")

// lines reads lines, bounded, and no byte beyond the last: what follows is another reader's.
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

// until passes over lines, up to one that is as told.
func (l *lines) until(line string) error {
	for {
		got, err := l.next()
		if err != nil || got == line {
			return err
		}
	}
}
