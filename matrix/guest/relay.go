package guest

import (
	"encoding/json"
	"net"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
)

// plugSocket is where payloads ask for disks.
const plugSocket = "@xcmatrix-plug"

// relay makes an address of the guest's loopback lead to the same address of the host's.
func (g *server) relay(address string) error {
	return g.listen("tcp", address, Header{Kind: KindDial, Address: address})
}

// listen makes every connection to an address of the guest's a stream to the host, once.
func (g *server) listen(network, address string, h Header) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.relays[address] {
		return nil
	}
	l, err := net.Listen(network, address)
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
			go g.carry(conn.(channel.Connection), h)
		}
	}()
	return nil
}

func (g *server) carry(conn channel.Connection, h Header) {
	defer conn.Close()
	header, err := json.Marshal(h)
	if err != nil {
		return
	}
	s, err := g.conn.Open(header)
	if err != nil {
		return
	}
	channel.Join(s, conn)
}
