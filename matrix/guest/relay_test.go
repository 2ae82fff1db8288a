package guest

import (
	"io"
	"net"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
)

// Every connection to an address becomes a stream that says what it is for; an address is listened to once.
func TestListen(t *testing.T) {
	here, there := net.Pipe()
	host := channel.Host(there, func(s *channel.Stream) {
		defer s.Close()
		said, err := io.ReadAll(s)
		if err != nil {
			t.Error(err)
		}
		_, _ = s.Write(append(s.Header, said...))
	})
	g := &server{conn: channel.Guest(here, func(*channel.Stream) {})}
	t.Cleanup(func() { host.Close(); g.conn.Close() })
	const address = "@xcmatrix-listen-test"
	for range 2 {
		if err := g.listen("unix", address, Header{Kind: KindPlug}); err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("unix", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte("a disk"))
		_ = conn.(*net.UnixConn).CloseWrite()
		if got, err := io.ReadAll(conn); err != nil || string(got) != `{"kind":"plug"}a disk` {
			t.Errorf("%q, %v", got, err)
		}
	}
}
