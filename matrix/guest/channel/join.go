package channel

import "io"

// Connection is what a stream can be joined with: a socket whose directions end by themselves.
type Connection interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// Join carries bytes between a stream and a connection until both directions have ended.
func Join(s *Stream, conn Connection) {
	defer s.Close()
	defer conn.Close()
	back := make(chan struct{})
	go func() {
		defer close(back)
		// How a direction ends is the business of those who talk.
		_, _ = io.Copy(conn, s)
		_ = conn.CloseWrite()
	}()
	_, _ = io.Copy(s, conn)
	_ = s.CloseWrite()
	<-back
}
