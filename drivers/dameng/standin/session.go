package standin

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// session is the connection of a client.
type session struct {
	server     *Server
	conn       net.Conn
	checksum   wire.Checksum
	engine     *engine.Session
	statements map[int32]*statement
	objects    map[int64]*object // large objects to which rows refer
	last       int32             // the newest statement handle
	lastObject int64
}

// loginTime is how long a client may take to log in.
const loginTime = 10 * time.Second

// serve serves a client until the connection ends.
func (s *Server) serve(conn net.Conn) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	c := &session{server: s, conn: conn, statements: map[int32]*statement{}, objects: map[int64]*object{}}
	conn.SetDeadline(time.Now().Add(loginTime))
	if c.answerStartup() != nil || c.login(ctx) != nil {
		return
	}
	defer c.engine.Close()
	conn.SetDeadline(time.Time{})
	c.serveMessages(ctx, cancel)
}

// serveMessages answers messages until the session ends. It reads in another goroutine, so that a running statement ends when the
// client closes the connection.
func (c *session) serveMessages(ctx context.Context, cancel context.CancelFunc) {
	requests := make(chan *wire.Message)
	go func() {
		defer cancel()
		for {
			m, err := wire.Read(c.conn, c.checksum)
			if err != nil {
				return
			}
			select {
			case requests <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case m := <-requests:
			if c.answerMessage(m) != nil {
				return
			}
		case <-c.engine.Done(): // another session has ended it, or the client has closed the connection
			return
		}
	}
}

// answerMessage executes a message and sends the reply. It returns an error if the connection must be closed.
func (c *session) answerMessage(m *wire.Message) error {
	if m.Compressed {
		return errors.New("compression was not agreed")
	}
	fault := c.server.faults.next(m.Command)
	if fault.Action == Refuse {
		return c.send(failure(m, &engine.Error{Code: fault.Code, Text: "injected"}), fault)
	}
	reply, err := c.handle(m)
	var reported *engine.Error
	switch {
	case errors.As(err, &reported):
		reply = failure(m, reported)
	case err != nil:
		return err
	}
	return c.send(reply, fault)
}

// handle executes a message and returns the reply. An *engine.Error is sent to the client.
func (c *session) handle(m *wire.Message) (*wire.Message, error) {
	switch m.Command {
	case wire.Allocate:
		return c.allocate(m)
	case wire.Free:
		return c.free(m), nil
	case wire.Prepare:
		return c.prepare(m)
	case wire.DescribeBinds:
		return c.describeBinds(m)
	case wire.PutPiece:
		return c.putPiece(m)
	case wire.Execute, wire.ExecuteOld:
		return c.execute(m)
	case wire.Fetch:
		return c.fetch(m)
	case wire.Commit:
		c.engine.Commit()
		return answerTo(m), nil
	case wire.Rollback:
		c.engine.Rollback()
		return answerTo(m), nil
	case wire.LobLength:
		return c.objectLength(m)
	case wire.LobRead:
		return c.objectPart(m)
	case wire.SetIsolation:
		return answerTo(m), nil // the stand-in has no isolation
	}
	return nil, &engine.Error{Code: engine.Unknown, Text: "the stand-in does not know this command"}
}

// answerTo returns an empty reply to a message.
func answerTo(m *wire.Message) *wire.Message {
	return &wire.Message{Handle: m.Handle, Command: m.Command}
}

// failure returns the reply with an error: three texts that clients ignore, and then the one that they show.
func failure(m *wire.Message, err *engine.Error) *wire.Message {
	reply := answerTo(m)
	reply.Code = err.Code
	var w wire.Writer
	for _, s := range []string{"", "", "", err.Text} {
		w.Text(s)
	}
	reply.Body = w.Body()
	return reply
}

// send sends a reply with a fault. It returns an error if the connection must be closed.
func (c *session) send(m *wire.Message, f Fault) error {
	raw := m.Bytes(c.checksum)
	switch f.Action {
	case Lose:
		return errors.New("injected: the reply is lost")
	case Cut:
		c.conn.Write(raw[:min(f.After, len(raw))])
		return errors.New("injected: the reply is cut")
	case Corrupt:
		raw[0] ^= 0x55
	case Delay:
		select {
		case <-time.After(f.For):
		case <-c.engine.Done():
		}
	}
	_, err := c.conn.Write(raw)
	return err
}
