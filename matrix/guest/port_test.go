package guest

import (
	"io"
	"net"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
)

// Every connection to an address becomes a stream that says what it is for.
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
	o := hostConnection{channel.Guest(here, func(*channel.Stream) {})}
	t.Cleanup(func() { host.Close(); o.conn.Close() })
	const address = "@xcmatrix-listen-test"
	if err := o.listen("unix", address, Header{Kind: KindPlug}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
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
