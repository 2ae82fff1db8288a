package standin_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/hexdump"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// TestGoldenReplies holds whole replies written by hand from the description; the CRCs were calculated with zlib.
func TestGoldenReplies(t *testing.T) {
	s, err := standin.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	greeted, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer greeted.Close()
	startup := &wire.Message{Command: wire.Startup}
	startup.SetInt16(35, 8)
	expect(t, greeted, startup.Bytes(wire.XOR), `
		00000000 c800 1d000000      // 0: no handle; 4: the command; 6: a body of 29 bytes
		00000000 00000000 00 d5     // 10: good; 19: c8 XOR 1d
		00000000 00000000 01000000  // 20: no TLS; 24: series; 28: UTF-8
		00000000 00000000           // 32: no compression
		00 00 00 00 00 01 00 01     // 40: no key; 41: no cipher; 42: no bdta; 43: compress id; 45: CRC; 47: new client
		0800                        // 48: the version of the messages that was asked for
		0000000000000000000000000000
		00000000 00000000 00000000 00000000 // four empty texts
		09000000 382e312e342e323030 // the server's version, which messages before 21 have here: 8.1.4.200`)

	c := raw(t, s)
	defer c.Close()
	send(t, c, message(wire.Allocate, nil, ""))
	direct := func(m *wire.Message) { m.SetByte(20, 1); m.SetByte(21, 1) }
	expect(t, c, message(wire.Prepare, direct, "SELECT 7\x00"), `
		01000000 0500 3a000000      // 0: the handle; 6: 54 bytes and four of CRC
		00000000 00000000 00 00
		a000 0100                   // 20: 160, a select; 22: one column
		0100000000000000            // 24: one row
		0000 00 0100 0000           // 32: nothing out; 34: not updatable; 35: one row in this message
		00000000                    // 39: nothing printed
		00 ffff                     // 43: no bdta; 44: no column is the row's id
		0000000000 00000000 00000000 00 00000000 // 51: exec id; 55: cache; 59: flags; 60: transaction
		07000000 00000000 00000000 00000000      // INT, no precision, no scale, never NULL
		0000 000000000000                        // no flags; six that are passed over
		0100 0300 0000 0000 37 494e54            // name 7, type INT, no table, no schema
		0000 0000000000000000 0000               // passed over; the row's id; passed over
		0400 07000000                            // four bytes: 7
		29074176`)
	send(t, c, message(wire.Prepare, direct, "CREATE TABLE t (v INT)\x00"))
	expect(t, c, message(wire.Prepare, nil, "INSERT INTO t VALUES (?)\x00"), `
		01000000 0500 29000000 00000000 00000000 00 00
		9d00 0100 0000              // 20: 157, an insert; 22: one parameter; 24: no column
		0000000000000000 00000000   // 34: transaction
		0000000000000000000000000000000000000000000000000000
		07000000 00000000 00000000 01000000 // INT, may be NULL
		0000 00000000 0000          // no flags, so the type is exact; unknown; in
		0100 0300 0100 0000 56 494e54 54    // name V, type INT, table T
		9c1bb486`)
}

// expect sends bytes and compares all of the reply.
func expect(t *testing.T, c net.Conn, sent []byte, want string) {
	t.Helper()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	golden := hexdump.Bytes(t, want)
	if _, err := c.Write(sent); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(golden))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, golden) {
		t.Errorf("the reply is\n%x, want\n%x; %v", got, golden, err)
	}
}

// send sends a message and gives the reply.
func send(t *testing.T, c net.Conn, sent []byte) *wire.Message {
	t.Helper()
	if _, err := c.Write(sent); err != nil {
		t.Fatal(err)
	}
	reply, err := wire.Read(c, wire.CRC)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// TestBatches binds several rows to one statement: those before the one that fails stay.
func TestBatches(t *testing.T) {
	s, db := started(t)
	must(t, db, "CREATE TABLE t (id INT PRIMARY KEY, v INT)")
	c := raw(t, s)
	defer c.Close()
	send(t, c, message(wire.Allocate, nil, ""))
	send(t, c, message(wire.Prepare, nil, "INSERT INTO t VALUES (?, 0)\x00"))
	batch := func(ids ...int32) []byte {
		var w wire.Writer
		w.Bind(wire.Int)
		for _, id := range ids {
			cell, err := wire.Encode(wire.Int, int64(id))
			if err != nil {
				t.Fatal(err)
			}
			w.Cell(cell)
		}
		return message(wire.Execute, func(m *wire.Message) {
			m.SetByte(20, 1)
			m.SetInt16(21, 1)
			m.SetInt64(24, int64(len(ids)))
		}, string(w.Body()))
	}
	if reply := send(t, c, batch(1, 2, 3)); reply.Code != 0 || reply.Int64(24) != 3 {
		t.Errorf("three rows: code %d, %d affected", reply.Code, reply.Int64(24))
	}
	if reply := send(t, c, batch(4, 1, 5)); reply.Code != engine.NotUnique {
		t.Errorf("a key twice: code %d", reply.Code)
	}
	if got := content(t, db); got != "1=0 2=0 3=0 4=0 " {
		t.Errorf("the table holds %s", got)
	}
}

// TestObjectsAreCounted asks for the length of objects: of text in characters, of bytes in bytes.
func TestObjectsAreCounted(t *testing.T) {
	s, db := started(t)
	text := strings.Repeat("𠮷", 3000)
	must(t, db, "CREATE TABLE t (c CLOB, b BLOB)")
	must(t, db, "INSERT INTO t VALUES (?, ?)", text, []byte(text))
	c := raw(t, s)
	defer c.Close()
	send(t, c, message(wire.Allocate, nil, ""))
	reply := send(t, c, message(wire.Prepare, func(m *wire.Message) { m.SetByte(21, 1) }, "SELECT c, b FROM t\x00"))
	r := wire.NewReader(reply.Body)
	r.Column()
	r.Column()
	r.Bytes(2 + 8 + 2*2)
	for _, want := range []int32{3000, 12000} {
		l, data, err := wire.ReadLobCell(r.Cell())
		if err != nil || data != nil || l.Length != 12000 {
			t.Fatalf("%+v, %d bytes in the row, %v", l, len(data), err)
		}
		length := send(t, c, message(wire.LobLength, nil, string(wire.LobRequest{ID: l.ID}.Body()[:23])))
		if got := wire.NewReader(length.Body).Int32(); got != want {
			t.Errorf("a length of %d, want %d", got, want)
		}
		part := send(t, c, message(wire.LobRead, nil, string(wire.LobRequest{ID: l.ID, Offset: want - 1, Length: 9}.Body())))
		data, end, err := wire.ReadLobPart(part.Body)
		if err != nil || !end || string(data) != text[len(text)-len(data):] || len(data) != int(12000/want) {
			t.Errorf("the end is %x, %v, %v", data, end, err)
		}
	}
	send(t, c, message(wire.Free, nil, ""))
	if reply := send(t, c, message(wire.LobRead, nil, string(wire.LobRequest{ID: 1}.Body()))); reply.Code >= 0 {
		t.Error("an object can be read after its statement was freed")
	}
}

// TestLimitAndSchema has a limit on the rows of a result, and the statement that a driver sends after login.
func TestLimitAndSchema(t *testing.T) {
	s, db := started(t)
	must(t, db, "CREATE TABLE t (v INT)")
	must(t, db, "INSERT INTO t VALUES (1), (2), (3)")
	c := raw(t, s)
	defer c.Close()
	send(t, c, message(wire.Allocate, nil, ""))
	limited := func(m *wire.Message) { m.SetByte(21, 1); m.SetInt64(27, 2) }
	if reply := send(t, c, message(wire.Prepare, limited, "SELECT v FROM t\x00")); reply.Int64(24) != 2 || reply.Int16(35) != 2 {
		t.Errorf("%d rows, %d of them here; want 2", reply.Int64(24), reply.Int16(35))
	}
	if reply := send(t, c, message(wire.Prepare, limited, "set schema \"X\"\x00")); reply.Code != 0 || reply.Int16(20) != int16(engine.SetSchema) {
		t.Errorf("set schema: code %d, kind %d", reply.Code, reply.Int16(20))
	}
}
