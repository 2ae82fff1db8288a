// Package peer has an HTTP/1.1 and an HTTP/2 peer of the suite's own. They know no rules: a check says each byte or frame that
// they send, right or wrong, and reads what the other side answers.
package peer

import (
	"bufio"
	"io"
	"net"
	"strings"
	"time"
)

// Conn is a connection of a raw peer. All calls end with an error at the deadline that it was opened with.
type Conn struct {
	net.Conn
	N     int           // which of its server's connections it is, from 1
	In    *bufio.Reader // what the other side sends
	heard func(Request) // gets each request that is read
}

// NewConn returns a raw peer's end of a connection, whose calls end at the deadline.
func NewConn(c net.Conn, deadline time.Time) (*Conn, error) {
	if err := c.SetDeadline(deadline); err != nil {
		return nil, err
	}
	return &Conn{Conn: c, In: bufio.NewReader(c), heard: func(Request) {}}, nil
}

// Dial connects a raw client to a TCP address.
func Dial(address string, deadline time.Time) (*Conn, error) {
	d := net.Dialer{Deadline: deadline}
	c, err := d.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return NewConn(c, deadline)
}

// Send writes text as it is.
func (c *Conn) Send(text string) error {
	_, err := io.WriteString(c.Conn, text)
	return err
}

// SendEach writes text in writes of one byte each.
func (c *Conn) SendEach(text string) error {
	for i := range len(text) {
		if err := c.Send(text[i : i+1]); err != nil {
			return err
		}
	}
	return nil
}

// HalfClose tells the other side that nothing more comes, and leaves the connection open for its answer.
func (c *Conn) HalfClose() error {
	if half, can := c.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return c.Close()
}

// Reset closes the connection so that the other side gets a RST: what it has sent and nobody has read is lost.
func (c *Conn) Reset() error {
	if tcp, is := c.Conn.(*net.TCPConn); is {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	return c.Close()
}

// Rest reads until the other side ends the connection, and returns what it has sent. err is nil for an orderly end and for a
// reset, and os.ErrDeadlineExceeded if the connection stays open.
func (c *Conn) Rest() (text string, err error) {
	b, err := io.ReadAll(c.In)
	if isReset(err) {
		err = nil
	}
	return string(b), err
}

// Head reads a start line and header fields, up to and with the empty line. It takes lines that end in LF alone.
func (c *Conn) Head() (head string, err error) {
	var all strings.Builder
	for {
		line, err := c.In.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			return all.String(), err
		}
		if strings.TrimRight(line, "\r\n") == "" {
			return all.String(), nil
		}
	}
}
