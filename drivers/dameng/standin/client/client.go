// Package client is a small database/sql driver for the stand-in's protocol, used only by tests. Where the vendor's driver cannot be
// downloaded, it shows that the stand-in answers a correct client. It was written from the same description and says nothing about
// the vendor's driver.
package client

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// Error is an error of the server.
type Error struct {
	Code int32
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Text) }

// Driver opens connections. It behaves correctly unless it has a defect.
type Driver struct{ Defect Defect }

// Open connects to a server by a data source name such as dm://user:password@host:port?timeZone=480.
func (d Driver) Open(dsn string) (driver.Conn, error) {
	c, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

type connector struct {
	from                 Driver
	user, password, host string
	zone                 *time.Location
}

// OpenConnector parses a data source name. The password has no escapes.
func (d Driver) OpenConnector(dsn string) (driver.Connector, error) {
	rest, query := dsn, ""
	if i := strings.LastIndex(dsn, "?"); i > strings.LastIndex(dsn, "@") {
		rest, query = dsn[:i], dsn[i+1:]
	}
	rest, ok := strings.CutPrefix(rest, "dm://")
	at := strings.LastIndex(rest, "@")
	if !ok || at < 0 {
		return nil, errors.New("data source name is not dm://user:password@host:port")
	}
	user, password, _ := strings.Cut(rest[:at], ":")
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, err
	}
	minutes, _ := strconv.Atoi(values.Get("timeZone"))
	return &connector{from: d, user: user, password: password, host: rest[at+1:], zone: time.FixedZone("", minutes*60)}, nil
}

func (c *connector) Driver() driver.Driver { return c.from }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", c.host)
	if err != nil {
		return nil, err
	}
	conn := &conn{Conn: raw, zone: c.zone, Defect: c.from.Defect}
	if err := conn.login(ctx, c.user, c.password); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

// login sends the startup and login messages, without encryption.
func (c *conn) login(ctx context.Context, user, password string) error {
	hello := &wire.Message{Command: wire.Startup}
	hello.SetInt16(35, 8)
	var w wire.Writer
	w.Text("8.1.4.200")
	w.Byte(0)
	hello.Body = w.Body()
	reply, err := c.request(ctx, hello)
	if err != nil {
		return err
	}
	c.checksum = wire.Checksum(reply.Byte(45) == 1)
	in := &wire.Message{Command: wire.Login}
	in.SetInt32(24, -1)
	in.SetInt16(33, 480)
	w = wire.Writer{}
	for _, s := range []string{user, password, "test", "linux", ""} {
		w.Text(s)
	}
	w.Byte(0)
	w.Int16(0)
	in.Body = w.Body()
	_, err = c.request(ctx, in)
	return err
}

// conn is a connection.
type conn struct {
	net.Conn
	Defect
	zone     *time.Location
	checksum wire.Checksum
	tx       bool
	broken   bool
}

// request sends a message and waits for its reply. After a message was sent, it never returns driver.ErrBadConn, because the server may
// have executed the message.
func (c *conn) request(ctx context.Context, m *wire.Message) (*wire.Message, error) {
	if c.Defect == IgnoresContext {
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.broken {
		return nil, driver.ErrBadConn
	}
	stop := context.AfterFunc(ctx, func() { c.Conn.Close() })
	defer stop()
	_, err := c.Write(m.Bytes(c.checksum))
	var reply *wire.Message
	if err == nil {
		reply, err = wire.Read(c.Conn, c.checksum)
	}
	if err != nil {
		c.broken = true
		return nil, c.lineError(errors.Join(ctx.Err(), err))
	}
	if reply.Code < 0 {
		r := wire.NewReader(reply.Body)
		for range 3 {
			r.Text()
		}
		return nil, &Error{Code: reply.Code, Text: r.Text()}
	}
	return reply, nil
}

func (c *conn) IsValid() bool { return !c.broken }

func (c *conn) Ping(ctx context.Context) error {
	rows, err := c.QueryContext(ctx, "select 1", nil)
	if err == nil {
		err = rows.Close()
	}
	return err
}

func (c *conn) autocommit() byte { return map[bool]byte{true: 0, false: 1}[c.tx] }

func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// levels are the numbers of isolation levels in messages.
var levels = map[driver.IsolationLevel]int32{0: 1, 1: 0, 2: 1, 6: 3}

func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	level, ok := levels[o.Isolation]
	if !ok || o.ReadOnly {
		return nil, errors.New("there is no such transaction")
	}
	m := &wire.Message{Command: wire.SetIsolation}
	m.SetInt32(20, level)
	if _, err := c.request(ctx, m); err != nil {
		return nil, err
	}
	c.tx = true
	return tx{c, ctx}, nil
}

// closeTime is how long calls without a context wait for a reply.
const closeTime = 500 * time.Millisecond

type tx struct {
	*conn
	ctx context.Context
}

func (t tx) Commit() error { return t.end(t.ctx, wire.Commit) }

func (t tx) Rollback() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	return t.end(ctx, wire.Rollback)
}

func (t tx) end(ctx context.Context, by wire.Command) error {
	t.tx = false
	_, err := t.request(ctx, &wire.Message{Command: by})
	return err
}
