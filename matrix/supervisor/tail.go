package supervisor

import (
	"bufio"
	"errors"
	"io"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// tail reads a journal that grows.
type tail struct {
	*connection
	in    *bufio.Reader
	after int
	n     int
	part  []byte // the beginning of a line whose end is not there yet
	told  *lock.Holder
}

// catchUp sends the complete lines that the journal has.
func (t *tail) catchUp() error {
	held := false
	for {
		part, err := t.in.ReadSlice('\n')
		t.part = append(t.part, part...)
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if !errors.Is(err, io.EOF) {
				return err
			}
			if held {
				return t.out.Flush()
			}
			return nil
		}
		e, err := store.ReadEntry(t.part[:len(t.part)-1])
		if err != nil {
			return err
		}
		t.n = e.N
		if e.N > t.after {
			if err := t.out.Hold(remote.Frame{Entry: &remote.Entry{N: e.N, Cell: e.Cell, Event: e.Event}}); err != nil {
				return err
			}
			held = true
		}
		t.part = t.part[:0]
	}
}
