// Package channel carries many streams over one connection between a virtual machine and its host: a virtio port, or a serial
// port in guests without PCI. A sender may send only as many bytes of a stream as the receiver has granted, so that both ends
// can always read: a serial port loses bytes that are not read.
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

	frameOpen   = 'o' // opens a stream; the body is its header
	frameData   = 'd'
	frameCredit = 'c' // grants bytes; the body is their number, 4 bytes
	frameEnd    = 'e' // ends the data of a stream

	window   = 16 << 10 // bytes of a stream that may be sent and not read; the buffers of a serial port hold four times as many
	maxFrame = 4 << 10

	// maxStreams is the largest number of open streams: many times what the suites need.
	maxStreams = 1 << 10
)

// ErrBroken is the error of a connection that has ended, has lost bytes, or carries something else than frames.
var ErrBroken = errors.New("the line to the virtual machine is broken")

// Conn is one end of a connection.
type Conn struct {
	transport io.ReadWriteCloser
	accept    func(*Stream)

	write sync.Mutex // held while a frame is written

	mu          sync.Mutex
	streams     map[uint32]*Stream
	serving     int // running calls of accept
	next        uint32
	owedCredits credits
	err         error
	done        chan struct{}
}

// Host returns the host's end of a connection, and Guest the virtual machine's end. Each stream that the other end opens is
// passed to accept in a new goroutine.
func Host(transport io.ReadWriteCloser, accept func(*Stream)) *Conn {
	return start(transport, accept, 1)
}
func Guest(transport io.ReadWriteCloser, accept func(*Stream)) *Conn {
	return start(transport, accept, 2)
}

func start(transport io.ReadWriteCloser, accept func(*Stream), first uint32) *Conn {
	c := &Conn{transport: transport, accept: accept, streams: map[uint32]*Stream{}, next: first, done: make(chan struct{}),
		owedCredits: newCredits()}
	go c.read()
	go c.grantOwed()
	return c
}

// Done returns a channel that is closed when the connection has ended. All streams have then ended with an error.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Close ends the connection and its streams.
func (c *Conn) Close() error {
	c.fail(io.ErrClosedPipe)
	return c.transport.Close()
}

// Open opens a stream. The other end gets the header, at most maxFrame bytes, which says what the stream is for. It returns
// ErrBroken if the connection has ended.
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

// send writes one frame.
func (c *Conn) send(kind byte, stream uint32, body []byte) error {
	frame := make([]byte, 0, frameHead+len(body))
	frame = append(frame, magic, kind)
	frame = binary.LittleEndian.AppendUint32(frame, stream)
	frame = binary.LittleEndian.AppendUint32(frame, uint32(len(body)))
	c.write.Lock()
	defer c.write.Unlock()
	_, err := c.transport.Write(append(frame, body...))
	return err
}

// read handles frames until the connection ends.
func (c *Conn) read() {
	in := bufio.NewReaderSize(c.transport, 2*window)
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
		if err := c.handleFrame(head[1], binary.LittleEndian.Uint32(head[2:]), body); err != nil {
			c.fail(err)
			return
		}
	}
}

// handleFrame passes a frame to its stream. It returns an error for a frame that the protocol does not allow.
func (c *Conn) handleFrame(kind byte, id uint32, body []byte) error {
	c.mu.Lock()
	s := c.streams[id]
	if kind == frameOpen && s == nil {
		defer c.mu.Unlock()
		return c.acceptStream(id, body)
	}
	c.mu.Unlock()
	switch {
	case s == nil && kind == frameData:
		return c.owedCredits.add(id, len(body))
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

// acceptStream calls accept with a new stream of the other end. The caller holds c.mu. It returns an error if too many streams
// are open, which bounds memory and goroutines.
func (c *Conn) acceptStream(id uint32, header []byte) error {
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

// grant allows the other end to send n more bytes of a stream: as many were read, or dropped because this end has closed the
// stream. It ignores an error, which Read and Write return too.
func (c *Conn) grant(stream uint32, n int) {
	_ = c.send(frameCredit, stream, binary.LittleEndian.AppendUint32(nil, uint32(n)))
}

// fail ends the connection and its streams with the error.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = fmt.Errorf("%w: %w", ErrBroken, err)
	c.owedCredits.close()
	for _, s := range c.streams {
		s.abort(c.err)
	}
	close(c.done)
}

func (c *Conn) removeStream(id uint32) {
	c.mu.Lock()
	delete(c.streams, id)
	c.mu.Unlock()
}
