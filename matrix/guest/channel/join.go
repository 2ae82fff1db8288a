package channel

import "io"

// Connection is a socket whose two directions can be closed separately.
type Connection interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// Join copies bytes between a stream and a connection in both directions, until both have ended. It closes both.
func Join(s *Stream, conn Connection) {
	defer s.Close()
	defer conn.Close()
	back := make(chan struct{})
	go func() {
		defer close(back)
		// An error ends the direction, which both sides see.
		_, _ = io.Copy(conn, s)
		_ = conn.CloseWrite()
	}()
	_, _ = io.Copy(s, conn)
	_ = s.CloseWrite()
	<-back
}
