package channel

import (
	"io"
	"net"
)

// Join carries bytes between a stream and a connection until both directions have ended.
func Join(s *Stream, conn *net.TCPConn) {
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
