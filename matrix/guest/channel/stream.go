package channel

import (
	"io"
	"sync"
)

// Stream is one stream of a connection. Its two directions can be closed separately.
type Stream struct {
	Header []byte

	conn *Conn
	id   uint32

	mu        sync.Mutex
	changed   *sync.Cond
	unread    []byte
	readErr   error // returned by Read after the unread bytes
	ungranted int   // bytes that were read and not granted again
	credit    int   // bytes that may be sent
	writeErr  error // returned by Write
	sentEnd   bool
	closed    bool // by this end
}

func newStream(c *Conn, id uint32, header []byte) *Stream {
	s := &Stream{Header: header, conn: c, id: id, credit: window}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// Read implements io.Reader. It returns io.EOF after the other end has closed its direction.
func (s *Stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	for len(s.unread) == 0 && s.readErr == nil {
		s.changed.Wait()
	}
	if len(s.unread) == 0 {
		defer s.mu.Unlock()
		return 0, s.readErr
	}
	n := copy(p, s.unread)
	s.unread = s.unread[n:]
	s.ungranted += n
	grant := 0
	if s.ungranted >= window/2 {
		grant, s.ungranted = s.ungranted, 0
	}
	s.mu.Unlock()
	if grant > 0 {
		s.conn.grant(s.id, grant)
	}
	return n, nil
}

// Write implements io.Writer. It waits until the other end has granted all bytes of p.
func (s *Stream) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		s.mu.Lock()
		for s.credit == 0 && s.writeErr == nil {
			s.changed.Wait()
		}
		if s.writeErr != nil {
			defer s.mu.Unlock()
			return written, s.writeErr
		}
		n := min(len(p)-written, s.credit, maxFrame)
		s.credit -= n
		s.mu.Unlock()
		if err := s.conn.send(frameData, s.id, p[written:written+n]); err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

// CloseWrite ends this end's direction; the other end reads io.EOF.
func (s *Stream) CloseWrite() error {
	s.mu.Lock()
	if s.sentEnd {
		s.mu.Unlock()
		return nil
	}
	s.sentEnd = true
	if s.writeErr == nil {
		s.writeErr = io.ErrClosedPipe
	}
	s.mu.Unlock()
	return s.conn.send(frameEnd, s.id, nil)
}

// Close ends both directions. Bytes that the other end still sends are dropped and granted again.
func (s *Stream) Close() error {
	err := s.CloseWrite()
	s.abort(io.ErrClosedPipe)
	s.mu.Lock()
	room := len(s.unread) + s.ungranted
	s.unread, s.ungranted, s.closed = nil, 0, true
	s.mu.Unlock()
	s.conn.removeStream(s.id)
	if room > 0 {
		s.conn.grant(s.id, room)
	}
	return err
}

// receive adds bytes from the other end. It returns ErrBroken if they were not granted.
func (s *Stream) receive(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.conn.owedCredits.add(s.id, len(p))
	}
	if len(s.unread)+len(p) > window {
		return ErrBroken
	}
	s.unread = append(s.unread, p...)
	s.changed.Broadcast()
	return nil
}

// grant adds n bytes to those that may be sent.
func (s *Stream) grant(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credit = min(s.credit+n, window)
	s.changed.Broadcast()
}

// end makes Read return the error after the unread bytes.
func (s *Stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readErr == nil {
		s.readErr = err
	}
	s.changed.Broadcast()
}

// abort makes Read and Write return the error.
func (s *Stream) abort(err error) {
	s.end(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writeErr == nil {
		s.writeErr = err
	}
	s.changed.Broadcast()
}
