package standin

import (
	"context"
	"errors"
	"strconv"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

const (
	// version is the server that the protocol is spoken as: the one that driver v1.8.23 came with.
	version = "8.1.4.200"
	// instance says what it is to whoever asks for the instance's name.
	instance = "STAND-IN, NOT A SERVER"
)

// Fields of the startup reply, by their offset.
const (
	startupEncoding  = 28
	startupCRC       = 45
	startupNewClient = 47
	startupVersion   = 48 // of the messages; a request has its own at 35
	requestVersion   = 35
)

const encodingUTF8 = 1

// maxVersion of messages is the last before the server's version moves to the login reply.
const maxVersion = 20

// greet answers the startup message. It declines encryption, compression and TLS.
func (c *session) greet() error {
	m, err := wire.Read(c.conn, wire.XOR)
	if err != nil {
		return err
	}
	if m.Command != wire.Startup {
		return errors.New("the first message is not the startup")
	}
	reply := answerTo(m)
	reply.SetInt32(startupEncoding, encodingUTF8)
	if c.server.checks == wire.CRC {
		reply.SetByte(startupCRC, 1)
	}
	reply.SetByte(startupNewClient, 1)
	reply.SetInt16(startupVersion, min(m.Int16(requestVersion), maxVersion))
	var w wire.Writer
	for range 4 {
		w.Text("")
	}
	w.Text(version)
	reply.Body = w.Body()
	_, err = c.conn.Write(reply.Bytes(wire.XOR)) // the startup always has the short checksum
	c.checks = c.server.checks
	return err
}

// Fields of the login reply, by their offset.
const (
	loginMaxRow        = 20
	loginDDLCommits    = 28
	loginIsolation     = 29
	loginCaseSensitive = 33
	loginStatus        = 37
	loginZone          = 40
	loginNewLob        = 43
	loginPrefetch      = 44
)

const (
	readCommitted = 1
	statusOpen    = 4
	maxRow        = 65535
	prefetch      = 64 // KiB
	zoneOfChina   = 480
)

// login answers the login message.
func (c *session) login(ctx context.Context) error {
	m, err := wire.Read(c.conn, c.checks)
	if err != nil {
		return err
	}
	if m.Command != wire.Login {
		return errors.New("the second message is not the login")
	}
	r := wire.NewReader(m.Body)
	user, password := r.Text(), r.Text()
	if r.Err() != nil {
		return r.Err()
	}
	fault := c.server.faults.next(wire.Login)
	if fault.Action == Refuse {
		c.send(failure(m, &engine.Error{Code: fault.Code, Text: "injected"}), Fault{})
		return errors.New("injected: the login is refused")
	}
	if c.engine, err = c.server.db.Login(ctx, user, password); err != nil {
		var told *engine.Error
		if errors.As(err, &told) {
			c.send(failure(m, told), Fault{})
		}
		return err
	}
	if err := c.send(c.welcome(m), fault); err != nil {
		c.engine.Close()
		return err
	}
	return nil
}

// welcome returns the login reply.
func (c *session) welcome(m *wire.Message) *wire.Message {
	reply := answerTo(m)
	reply.SetInt32(loginMaxRow, maxRow)
	reply.SetByte(loginDDLCommits, 1)
	reply.SetInt32(loginIsolation, readCommitted)
	reply.SetByte(loginCaseSensitive, 1)
	reply.SetInt16(loginStatus, statusOpen)
	reply.SetInt16(loginZone, zoneOfChina)
	reply.SetByte(loginNewLob, 1)
	reply.SetInt32(loginPrefetch, prefetch)
	var w wire.Writer
	for range 4 {
		w.Text("")
	}
	w.Text(instance)
	w.Text("") // schema: the user's
	w.Text("127.0.0.1")
	w.Text("") // last login
	w.Int32(0) // failed logins
	w.Int32(0) // days to the password's warning
	w.Int32(0) // and of grace
	w.Text(strconv.FormatInt(c.engine.ID, 10))
	w.Text(instance)
	w.Int64(c.engine.ID)
	reply.Body = w.Body()
	return reply
}
