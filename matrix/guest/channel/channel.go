// Package channel carries many streams over the one line between a virtual machine and its host: a virtio port, or a
// serial port where there is no PCI. A receiver grants each stream its window, so that neither side ever has to stop
// reading the line: a serial port loses what nobody reads.
package channel

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// A frame is magic, kind, stream and length, each little-endian, and then length bytes.
const (
	magic     = 0xC5
	frameHead = 1 + 1 + 4 + 4

	frameOpen   = 'o' // the header of a new stream
	frameData   = 'd'
	frameCredit = 'c' // as many bytes may follow; four bytes
	frameEnd    = 'e' // no data follow

	window   = 16 << 10 // bytes of a stream on their way; the serial port's own buffers hold four times that
	maxFrame = 4 << 10

	// maxStreams bounds the streams that are open at a time: many times what the suites' connections come to.
	maxStreams = 1 << 10
)

// ErrBroken marks a line that has lost bytes or carries something else.
var ErrBroken = errors.New("the line to the virtual machine is broken")

// Conn is one end of a line.
type Conn struct {
	line   io.ReadWriteCloser
	accept func(*Stream)

	write sync.Mutex // holds the line for one frame

	mu      sync.Mutex
	streams map[uint32]*Stream
	serving int // streams that the other end opened and accept has not done with
	next    uint32
	owed    credits
	err     error
	done    chan struct{}
}

// Host is the host's end of a line, Guest the virtual machine's. accept is called, in a goroutine of its own, with
// each stream that the other end opens.
func Host(line io.ReadWriteCloser, accept func(*Stream)) *Conn  { return start(line, accept, 1) }
func Guest(line io.ReadWriteCloser, accept func(*Stream)) *Conn { return start(line, accept, 2) }

func start(line io.ReadWriteCloser, accept func(*Stream), first uint32) *Conn {
	c := &Conn{line: line, accept: accept, streams: map[uint32]*Stream{}, next: first, done: make(chan struct{}),
		owed: newCredits()}
	go c.read()
	go c.repay()
	return c
}

// Done is closed when the line is no more, after which every stream has ended with an error.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Close ends the line.
func (c *Conn) Close() error {
	c.fail(io.ErrClosedPipe)
	return c.line.Close()
}

// Open opens a stream; header says to the other end what it is for.
func (c *Conn) Open(header []byte) (*Stream, error) {
	if len(header) > maxFrame {
		return nil, fmt.Errorf("header of %d bytes is over %d", len(header), maxFrame)
	}
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return nil, c.err
	}
	s := newStream(c, c.next, header)
	c.next += 2
	c.streams[s.id] = s
	c.mu.Unlock()
	return s, c.send(frameOpen, s.id, header)
}

func (c *Conn) send(kind byte, stream uint32, body []byte) error {
	frame := make([]byte, 0, frameHead+len(body))
	frame = append(frame, magic, kind)
	frame = binary.LittleEndian.AppendUint32(frame, stream)
	frame = binary.LittleEndian.AppendUint32(frame, uint32(len(body)))
	c.write.Lock()
	defer c.write.Unlock()
	_, err := c.line.Write(append(frame, body...))
	return err
}

// read hands frames to their streams until the line ends.
func (c *Conn) read() {
	in := bufio.NewReaderSize(c.line, 2*window)
	head := make([]byte, frameHead)
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			c.fail(err)
			return
		}
		length := binary.LittleEndian.Uint32(head[6:])
		if head[0] != magic || length > maxFrame {
			c.fail(ErrBroken)
			return
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in, body); err != nil {
			c.fail(err)
			return
		}
		if err := c.take(head[1], binary.LittleEndian.Uint32(head[2:]), body); err != nil {
			c.fail(err)
			return
		}
	}
}

func (c *Conn) take(kind byte, id uint32, body []byte) error {
	c.mu.Lock()
	s := c.streams[id]
	if kind == frameOpen && s == nil {
		defer c.mu.Unlock()
		return c.opened(id, body)
	}
	c.mu.Unlock()
	switch {
	case s == nil && kind == frameData:
		return c.owed.add(id, len(body))
	case s == nil:
	case kind == frameData:
		return s.receive(body)
	case kind == frameEnd:
		s.end(io.EOF)
	case kind == frameCredit && len(body) == 4:
		s.grant(int(binary.LittleEndian.Uint32(body)))
	default:
		return ErrBroken
	}
	return nil
}

// opened has accept serve a stream of the other end, with the lock held. One that opens more than there may be at a time
// breaks the line: neither memory nor goroutines are without end.
func (c *Conn) opened(id uint32, header []byte) error {
	if c.serving == maxStreams || len(c.streams) >= 2*maxStreams {
		return fmt.Errorf("more than %d streams are open", maxStreams)
	}
	s := newStream(c, id, header)
	c.streams[id] = s
	c.serving++
	go func() {
		c.accept(s)
		c.mu.Lock()
		c.serving--
		c.mu.Unlock()
	}()
	return nil
}

// grant tells the other end that so many bytes more may follow: they were read, or this end has closed the stream and
// throws them away. A line that is no more shows elsewhere.
func (c *Conn) grant(stream uint32, n int) {
	_ = c.send(frameCredit, stream, binary.LittleEndian.AppendUint32(nil, uint32(n)))
}

// fail ends every stream.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = fmt.Errorf("%w: %w", ErrBroken, err)
	c.owed.close()
	for _, s := range c.streams {
		s.abort(c.err)
	}
	close(c.done)
}

func (c *Conn) forget(id uint32) {
	c.mu.Lock()
	delete(c.streams, id)
	c.mu.Unlock()
}
