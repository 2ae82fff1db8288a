package tls

import (
	"net"
	"time"
)

// delayLine is a listener before a server: what comes is passed on half a round trip later, in both directions.
type delayLine struct {
	net.Listener
	to        string // the server's address
	roundTrip time.Duration
}

// newDelayLine listens on the loopback address. It ends with Close.
func newDelayLine(to string, roundTrip time.Duration) (*delayLine, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &delayLine{l, to, roundTrip}
	go d.accept()
	return d, nil
}

// dial connects to the line. A connection takes a round trip too: SYN and its answer, which loopback does not delay.
func (d *delayLine) dial() (net.Conn, error) {
	time.Sleep(d.roundTrip)
	return net.Dial("tcp", d.Addr().String())
}

func (d *delayLine) accept() {
	for {
		client, err := d.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", d.to)
		if err != nil {
			client.Close()
			continue
		}
		go d.pass(server, client)
		go d.pass(client, server)
	}
}

// pass carries one direction until its end, and then closes both.
func (d *delayLine) pass(to, from net.Conn) {
	type part struct {
		due  time.Time
		data []byte
	}
	parts := make(chan part, 64)
	go func() {
		defer close(parts)
		for {
			b := make([]byte, 32<<10)
			n, err := from.Read(b)
			if n > 0 {
				parts <- part{time.Now().Add(d.roundTrip / 2), b[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range parts {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			break
		}
	}
	to.Close()
	from.Close()
	for range parts { // the reader ends by the closed connection
	}
}
