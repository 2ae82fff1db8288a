package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/ssh"
)

// link is a connection with a session on it.
type link struct {
	*ssh.Connection
	in  *Reader
	out *Writer
}

// silence is the longest time between two frames. The machine sends a ping each half minute.
const silence = 5 * time.Minute

// next returns the next frame. The connection ends if none comes in time: sshd keeps it open however the program behind it hangs.
func (l *link) next() (Frame, error) {
	l.Expect(silence)
	return l.in.Next()
}

// close closes the connection.
func (l *link) close() {
	l.Connection.Close()
	l.in.Close()
}

// end requests that the machine removes the session. If the request is lost, a later session removes it.
func (l *link) end() {
	if l.out.Write(Frame{Done: true}) != nil || l.WriteCloser.Close() != nil {
		return
	}
	defer time.AfterFunc(stopTime, l.Connection.Kill).Stop()
	_ = l.Wait()
}

// stopTime is the time that a machine has to end its run after the run here was stopped.
const stopTime = 5 * time.Second

// stop requests that the machine ends its run, and closes the connection.
func (l *link) stop() {
	_ = l.out.Write(Frame{Stop: true}) // fails only if the connection has ended
	time.AfterFunc(stopTime, l.Connection.Kill)
}

// start connects to the machine, if it is not connected, and opens the session.
func (c *Client) start(ctx context.Context, r *Request) (*link, error) {
	m := c.machine
	c.machine = nil // is for one session
	for {
		var err error
		if m == nil {
			if m, err = ssh.Reach(ctx, c.Host); err != nil {
				return nil, err
			}
		}
		if m.HostKey != c.first.HostKey {
			m.Close()
			return nil, fmt.Errorf("%s shows another host key than it did when the run began", c.Host.Name)
		}
		if !m.Has(r.Payload) {
			if err := m.Send(ctx, r.Payload); err != nil {
				m.Close()
				return nil, err
			}
		}
		l, err := c.open(ctx, m, r)
		if !errors.Is(err, ssh.ErrDamaged) {
			return l, err
		}
		m = nil // Start has removed it: after the next look it is sent again
	}
}

// open opens the session on a connection.
func (c *Client) open(ctx context.Context, m *ssh.Machine, r *Request) (*link, error) {
	var request bytes.Buffer
	to := &redirected{&request}
	out, err := NewWriter(to)
	if err != nil {
		return nil, err
	}
	if err := out.Write(Frame{Open: &Open{V: Version, After: r.At.Entry, Job: r.Job(m.Forwarded)}}); err != nil {
		return nil, err
	}
	connection, err := m.Start(ctx, r.Payload, r.session(), request.Bytes())
	if err != nil {
		return nil, err
	}
	to.Writer = connection
	in, err := NewReader(connection)
	if err != nil {
		connection.Close()
		return nil, err
	}
	return &link{connection, in, out}, nil
}

// redirected is a writer whose destination can be changed.
type redirected struct{ io.Writer }
