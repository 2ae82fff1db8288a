package guest

import (
	"encoding/json"
	"net"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
)

// relay makes an address of the guest's loopback lead to the same address of the host's.
func (g *server) relay(address string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.relays[address] {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	if g.relays == nil {
		g.relays = map[string]bool{}
	}
	g.relays[address] = true
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go g.carry(conn, address)
		}
	}()
	return nil
}

func (g *server) carry(conn net.Conn, address string) {
	defer conn.Close()
	header, err := json.Marshal(Header{Kind: KindDial, Address: address})
	if err != nil {
		return
	}
	s, err := g.conn.Open(header)
	if err != nil {
		return
	}
	channel.Join(s, conn.(*net.TCPConn))
}
