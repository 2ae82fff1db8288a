package channel

import (
	"fmt"
	"sync"
)

// credits counts bytes that have arrived for streams which this end has closed and that must be granted again. One goroutine
// grants them, so that the reading goroutine never waits for a write.
type credits struct {
	*sync.Mutex
	changed *sync.Cond
	bytes   map[uint32]int // by stream
	closed  bool
}

func newCredits() credits {
	m := &sync.Mutex{}
	return credits{Mutex: m, changed: sync.NewCond(m), bytes: map[uint32]int{}}
}

// add adds n bytes to the credit of a stream. It returns an error if there are more streams than the other end can have opened.
func (c *credits) add(stream uint32, n int) error {
	c.Lock()
	defer c.Unlock()
	if _, known := c.bytes[stream]; !known && len(c.bytes) == 2*maxStreams {
		return fmt.Errorf("data for more than %d streams that are not open", 2*maxStreams)
	}
	c.bytes[stream] += n
	c.changed.Signal()
	return nil
}

// next waits for a credit, removes it, and returns its stream and number of bytes; ok is false when the connection has ended.
func (c *credits) next() (stream uint32, n int, ok bool) {
	c.Lock()
	defer c.Unlock()
	for len(c.bytes) == 0 && !c.closed {
		c.changed.Wait()
	}
	for stream, n = range c.bytes {
		delete(c.bytes, stream)
		break
	}
	return stream, n, !c.closed
}

func (c *credits) close() {
	c.Lock()
	defer c.Unlock()
	c.closed = true
	c.changed.Signal()
}

// grantOwed grants the credits of closed streams until the connection ends.
func (c *Conn) grantOwed() {
	for {
		stream, n, ok := c.owedCredits.next()
		if !ok {
			return
		}
		c.grant(stream, n)
	}
}
