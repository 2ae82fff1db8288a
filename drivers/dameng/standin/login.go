package standin

import (
	"context"
	"errors"
	"strconv"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

const (
	// version is the server version of the protocol: that of the server to which driver v1.8.23 belongs.
	version = "8.1.4.200"
	// instance is the instance name, which shows that this is no real server.
	instance = "STAND-IN, NOT A SERVER"
)

// Offsets of the fields of the startup reply.
const (
	startupEncoding  = 28
	startupCRC       = 45
	startupNewClient = 47
	startupVersion   = 48 // of the messages; in a request it is at 35
	requestVersion   = 35
)

const encodingUTF8 = 1

// maxVersion is the last version of messages in which the server's version is in the startup reply.
const maxVersion = 20

// answerStartup answers the startup message. It declines encryption, compression and TLS.
func (c *session) answerStartup() error {
	m, err := wire.Read(c.conn, wire.XOR)
	if err != nil {
		return err
	}
	if m.Command != wire.Startup {
		return errors.New("the first message is not the startup")
	}
	reply := answerTo(m)
	reply.SetInt32(startupEncoding, encodingUTF8)
	if c.server.checksum == wire.CRC {
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
	_, err = c.conn.Write(reply.Bytes(wire.XOR)) // the startup always has the XOR checksum
	c.checksum = c.server.checksum
	return err
}

// Offsets of the fields of the login reply.
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

// login checks the login message and answers it. It returns an error if the session must end.
func (c *session) login(ctx context.Context) error {
	m, err := wire.Read(c.conn, c.checksum)
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
		var reported *engine.Error
		if errors.As(err, &reported) {
			c.send(failure(m, reported), Fault{})
		}
		return err
	}
	if err := c.send(c.loginReply(m), fault); err != nil {
		c.engine.Close()
		return err
	}
	return nil
}

// loginReply returns the reply to a successful login.
func (c *session) loginReply(m *wire.Message) *wire.Message {
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
	w.Text("") // schema: that of the user
	w.Text("127.0.0.1")
	w.Text("") // last login
	w.Int32(0) // failed logins
	w.Int32(0) // days until the warning that the password expires
	w.Int32(0) // days of grace
	w.Text(strconv.FormatInt(c.engine.ID, 10))
	w.Text(instance)
	w.Int64(c.engine.ID)
	reply.Body = w.Body()
	return reply
}
