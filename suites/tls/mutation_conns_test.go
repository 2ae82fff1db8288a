package tls

import (
	"io"
	"net"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// wrapped has a side of a subject use another connection in place of its own.
func (m mutation) wrapped(side func(net.Conn, subject.Setup) (io.ReadWriter, error)) func(net.Conn, subject.Setup) (io.ReadWriter, error) {
	return func(raw net.Conn, s subject.Setup) (io.ReadWriter, error) { return side(m.wrap(raw), s) }
}

// waits goes on waiting where its peer has gone.
var waits = mutation{wrap: func(c net.Conn) net.Conn { return waiting{c} }}

type waiting struct{ net.Conn }

func (w waiting) Read(b []byte) (int, error) {
	for {
		n, err := w.Conn.Read(b)
		if err != io.EOF {
			return n, err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// records lets a function change each record that a peer reads; it refuses by an error.
func records(change func(record []byte) ([]byte, error)) mutation {
	return mutation{wrap: func(c net.Conn) net.Conn { return &recordwise{Conn: c, change: change} }}
}

type recordwise struct {
	net.Conn
	change func([]byte) ([]byte, error)
	unread []byte
}

func (r *recordwise) Read(b []byte) (int, error) {
	for len(r.unread) == 0 {
		header := make([]byte, 5)
		if _, err := io.ReadFull(r.Conn, header); err != nil {
			return 0, err
		}
		record := append(header, make([]byte, int(header[3])<<8|int(header[4]))...)
		if _, err := io.ReadFull(r.Conn, record[5:]); err != nil {
			return 0, err
		}
		changed, err := r.change(record)
		if err != nil {
			return 0, err
		}
		r.unread = changed
	}
	n := copy(b, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// impatient refuses a hello that goes on in another record.
func impatient() mutation {
	return records(func(r []byte) ([]byte, error) {
		content := r[5:]
		hello := len(content) > 0 && (content[0] == byte(wire.ClientHello) || content[0] == byte(wire.ServerHello))
		if r[0] == byte(wire.Handshake) && hello && (len(content) < 4 || int(content[2])<<8+int(content[3]) > len(content)-4) {
			return nil, errStrict
		}
		return r, nil
	})
}

// hasty refuses what does not come at once.
var hasty = mutation{wrap: func(c net.Conn) net.Conn { return reading{c} }}

type reading struct{ net.Conn }

func (r reading) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	if err == nil && n < len(b) {
		return 0, errStrict
	}
	return n, err
}
