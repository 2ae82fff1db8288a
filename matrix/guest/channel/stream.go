package channel

import (
	"io"
	"sync"
)

// Stream is one of the streams of a line. Each direction ends by itself.
type Stream struct {
	Header []byte

	conn *Conn
	id   uint32

	mu       sync.Mutex
	changed  *sync.Cond
	unread   []byte
	readErr  error // what Read gives after unread
	taken    int   // bytes read, and not yet granted again
	credit   int   // bytes that may be written
	writeErr error // what Write gives
	sentEnd  bool
	closed   bool // by this end
}

func newStream(c *Conn, id uint32, header []byte) *Stream {
	s := &Stream{Header: header, conn: c, id: id, credit: window}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// Read reads what the other end wrote.
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
	s.taken += n
	grant := 0
	if s.taken >= window/2 {
		grant, s.taken = s.taken, 0
	}
	s.mu.Unlock()
	if grant > 0 {
		s.conn.grant(s.id, grant)
	}
	return n, nil
}

// Write writes all of p, and waits while the other end has no room.
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

// CloseWrite says that nothing more will be written.
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

// Close ends both directions. What the other end still writes is thrown away: it has room for all of it.
func (s *Stream) Close() error {
	err := s.CloseWrite()
	s.abort(io.ErrClosedPipe)
	s.mu.Lock()
	room := len(s.unread) + s.taken
	s.unread, s.taken, s.closed = nil, 0, true
	s.mu.Unlock()
	s.conn.forget(s.id)
	if room > 0 {
		s.conn.grant(s.id, room)
	}
	return err
}

func (s *Stream) receive(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.conn.owed.add(s.id, len(p))
	}
	if len(s.unread)+len(p) > window {
		return ErrBroken
	}
	s.unread = append(s.unread, p...)
	s.changed.Broadcast()
	return nil
}

func (s *Stream) grant(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credit = min(s.credit+n, window)
	s.changed.Broadcast()
}

// end ends what can be read.
func (s *Stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readErr == nil {
		s.readErr = err
	}
	s.changed.Broadcast()
}

// abort ends both directions.
func (s *Stream) abort(err error) {
	s.end(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writeErr == nil {
		s.writeErr = err
	}
	s.changed.Broadcast()
}
