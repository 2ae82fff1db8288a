package standin_test

import (
	"math"
	"net"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// raw is a connection without a client, logged in.
func raw(t testing.TB, s *standin.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(5 * time.Second))
	var w wire.Writer
	w.Text(standin.User)
	w.Text(standin.Password)
	for _, m := range []struct {
		wire.Message
		checksum wire.Checksum
	}{{wire.Message{Command: wire.Startup}, wire.XOR}, {wire.Message{Command: wire.Login, Body: w.Body()}, wire.CRC}} {
		if _, err := c.Write(m.Bytes(m.checksum)); err != nil {
			t.Fatal(err)
		}
		if reply, err := wire.Read(c, m.checksum); err != nil || reply.Code != 0 {
			t.Fatalf("%+v %v", reply, err)
		}
	}
	return c
}

// message is one with a field of the header set.
func message(c wire.Command, set func(*wire.Message), body string) []byte {
	m := &wire.Message{Handle: 1, Command: c, Body: []byte(body)}
	if set != nil {
		set(m)
	}
	return m.Bytes(wire.CRC)
}

// prepared are the messages that make handle 1 an insert with one parameter into a table of numbers.
func prepared() [][]byte {
	return [][]byte{
		message(wire.Allocate, nil, ""),
		message(wire.Prepare, func(m *wire.Message) { m.SetByte(21, 1) }, "CREATE TABLE hostile (v INT)\x00"),
		message(wire.Prepare, nil, "INSERT INTO hostile VALUES (?)\x00"),
	}
}

// TestHostileClients has clients that send what no driver does: the stand-in answers with an error or ends that
// connection, and serves the next one.
func TestHostileClients(t *testing.T) {
	s, db := started(t)
	bind := "\x00\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	for name, last := range map[string][]byte{
		"unknown command":          message(77, nil, ""),
		"unknown handle":           message(wire.Execute, func(m *wire.Message) { m.Handle = 99 }, ""),
		"login again":              message(wire.Login, nil, "\xff\xff\xff\xff"),
		"fetch before the first":   message(wire.Fetch, func(m *wire.Message) { m.SetInt64(20, -1) }, ""),
		"fetch behind the last":    message(wire.Fetch, func(m *wire.Message) { m.SetInt64(20, math.MaxInt64) }, ""),
		"more parameters than are": message(wire.Execute, func(m *wire.Message) { m.SetInt16(21, -1); m.SetInt64(24, 1) }, bind),
		"rows without end": message(wire.Execute, func(m *wire.Message) { m.SetInt16(21, 1); m.SetInt64(24, math.MaxInt64) },
			bind+"\x04\x00\x01\x00\x00\x00"),
		"a value too short":      message(wire.Execute, func(m *wire.Message) { m.SetInt16(21, 1); m.SetInt64(24, 1) }, bind+"\x02\x00\x01\x00"),
		"a value without end":    message(wire.Execute, func(m *wire.Message) { m.SetInt16(21, 1); m.SetInt64(24, 1) }, bind+"\xff\xff\xff\xff\xff\x7f"),
		"a locator as a value":   message(wire.Execute, func(m *wire.Message) { m.SetInt16(21, 1); m.SetInt64(24, 1) }, bind+"\xfb\xff"),
		"a piece without end":    message(wire.PutPiece, nil, "\xff\xff\xff\x7f\xff\xff\xff\xff"),
		"an object there is not": message(wire.LobRead, nil, string(wire.LobRequest{ID: 9, Offset: -1, Length: math.MaxInt32}.Body())),
		"half an object request": message(wire.LobRead, nil, "\x01"),
		"compressed":             message(wire.Commit, func(m *wire.Message) { m.Compressed = true }, ""),
		"no text":                message(wire.Prepare, nil, ""),
		"an open quotation":      message(wire.Prepare, nil, "INSERT INTO hostile VALUES ('"),
		"half a header":          make([]byte, 10),
		"a wrong checksum":       make([]byte, 80),
		"much announced":         append([]byte{1, 0, 0, 0, 5, 0, 0xff, 0xff, 0xff, 0x7f}, make([]byte, 54)...),
	} {
		t.Run(name, func(t *testing.T) {
			c := raw(t, s)
			defer c.Close()
			for _, m := range prepared() {
				c.Write(m)
				if _, err := wire.Read(c, wire.CRC); err != nil {
					t.Fatal(err)
				}
			}
			c.Write(last)
			c.(*net.TCPConn).CloseWrite()
			reply, err := wire.Read(c, wire.CRC)
			if err == nil && reply.Code >= 0 {
				t.Errorf("is answered with %+v", reply)
			}
			if _, err := db.ExecContext(t.Context(), "DROP TABLE hostile"); err != nil {
				t.Errorf("the next client: %v", err)
			}
		})
	}
}

// FuzzSession sends any bytes to a session.
func FuzzSession(f *testing.F) {
	for _, m := range prepared() {
		f.Add(m)
	}
	s, err := standin.Start()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, sent []byte) {
		c := raw(t, s)
		defer c.Close()
		c.Write(message(wire.Allocate, nil, ""))
		c.Write(sent)
		c.Write(message(wire.Prepare, func(m *wire.Message) { m.SetByte(21, 1) }, string(sent)))
		c.(*net.TCPConn).CloseWrite()
		for {
			if _, err := wire.Read(c, wire.CRC); err != nil {
				return
			}
		}
	})
}
