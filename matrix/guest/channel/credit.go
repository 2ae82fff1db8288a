package channel

import (
	"fmt"
	"sync"
)

// credits are bytes to be granted that came for streams which this end has closed. One goroutine grants them, all of a
// stream's at once, so that what reads the line need not wait until the line takes a frame.
type credits struct {
	*sync.Mutex
	changed *sync.Cond
	bytes   map[uint32]int // by stream
	over    bool
}

func newCredits() credits {
	m := &sync.Mutex{}
	return credits{Mutex: m, changed: sync.NewCond(m), bytes: map[uint32]int{}}
}

// add owes a stream so many bytes more. It fails when more streams are owed than the other end can have had open.
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

// next is what one of the streams is owed, which it is no longer then; ok is false when the line is no more.
func (c *credits) next() (stream uint32, n int, ok bool) {
	c.Lock()
	defer c.Unlock()
	for len(c.bytes) == 0 && !c.over {
		c.changed.Wait()
	}
	for stream, n = range c.bytes {
		delete(c.bytes, stream)
		break
	}
	return stream, n, !c.over
}

func (c *credits) close() {
	c.Lock()
	defer c.Unlock()
	c.over = true
	c.changed.Signal()
}

// repay grants what is owed until the line ends.
func (c *Conn) repay() {
	for {
		stream, n, ok := c.owed.next()
		if !ok {
			return
		}
		c.grant(stream, n)
	}
}
