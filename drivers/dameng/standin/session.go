package standin

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// session is one connection.
type session struct {
	server     *Server
	conn       net.Conn
	checks     wire.Checks
	engine     *engine.Session
	statements map[int32]*statement
	objects    map[int64]*object // large ones, that rows name
	last       int32             // handle given
	lastObject int64
}

// loginTime is how long a client may take to log in.
const loginTime = 10 * time.Second

// serve speaks with one client to the end.
func (s *Server) serve(conn net.Conn) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	c := &session{server: s, conn: conn, statements: map[int32]*statement{}, objects: map[int64]*object{}}
	conn.SetDeadline(time.Now().Add(loginTime))
	if c.greet() != nil || c.login(ctx) != nil {
		return
	}
	defer c.engine.Close()
	conn.SetDeadline(time.Time{})
	c.talk(ctx, cancel)
}

// talk answers messages. They are read beside the work, so that a client that goes away ends the statement it began.
func (c *session) talk(ctx context.Context, cancel context.CancelFunc) {
	asked := make(chan *wire.Message)
	go func() {
		defer cancel()
		for {
			m, err := wire.Read(c.conn, c.checks)
			if err != nil {
				return
			}
			select {
			case asked <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case m := <-asked:
			if c.answer(m) != nil {
				return
			}
		case <-c.engine.Done(): // killed, or the client has gone
			return
		}
	}
}

// answer does what a message asks for, and replies. An error means that the connection is of no more use.
func (c *session) answer(m *wire.Message) error {
	if m.Packed {
		return errors.New("compression was not agreed")
	}
	fault := c.server.faults.next(m.Command)
	if fault.Action == Refuse {
		return c.send(failure(m, &engine.Error{Code: fault.Code, Text: "injected"}), fault)
	}
	reply, err := c.handle(m)
	var told *engine.Error
	switch {
	case errors.As(err, &told):
		reply = failure(m, told)
	case err != nil:
		return err
	}
	return c.send(reply, fault)
}

// handle does what a message asks for.
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
		return answerTo(m), nil // the stand-in isolates nothing, at any level
	}
	return nil, &engine.Error{Code: engine.Unknown, Text: "the stand-in does not know this command"}
}

// answerTo begins a reply.
func answerTo(m *wire.Message) *wire.Message {
	return &wire.Message{Handle: m.Handle, Command: m.Command}
}

// failure returns a reply that says what went wrong: three texts that clients pass over, then the one that they show.
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

// send sends a reply, as far as the fault lets it.
func (c *session) send(m *wire.Message, f Fault) error {
	raw := m.Bytes(c.checks)
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
