package volatile

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"testing"
)

// client is the other end of an NBD connection, after the handshake.
type client struct {
	t    *testing.T
	conn net.Conn
}

func connected(t *testing.T, d *Disk) *client {
	t.Helper()
	ours, theirs := net.Pipe()
	go func() { _ = d.Serve(theirs) }()
	t.Cleanup(func() { ours.Close() })
	c := &client{t, ours}
	hello := make([]byte, 18)
	c.read(hello)
	c.write(uint32(3))
	c.write(uint64(magicOption), uint32(5), uint32(0)) // an option that the server does not know
	c.read(make([]byte, 20))
	c.write(uint64(magicOption), uint32(optionGo), uint32(6), uint32(0), uint16(0))
	info := make([]byte, 20+12+20)
	c.read(info)
	if size := binary.BigEndian.Uint64(info[22:]); size != uint64(d.Size()) {
		t.Fatalf("size %d", size)
	}
	return c
}

func (c *client) read(p []byte) {
	c.t.Helper()
	if _, err := io.ReadFull(c.conn, p); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) write(values ...any) {
	c.t.Helper()
	var b bytes.Buffer
	for _, v := range values {
		if err := binary.Write(&b, binary.BigEndian, v); err != nil {
			c.t.Fatal(err)
		}
	}
	if _, err := c.conn.Write(b.Bytes()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) request(flags, command uint16, at uint64, length uint32, data []byte) (errno uint32) {
	c.t.Helper()
	c.write(uint32(magicRequest), flags, command, uint64(7), at, length)
	if len(data) > 0 {
		c.write(data)
	}
	reply := make([]byte, 16)
	c.read(reply)
	if cookie := binary.BigEndian.Uint64(reply[8:]); cookie != 7 {
		c.t.Fatalf("cookie %d", cookie)
	}
	return binary.BigEndian.Uint32(reply[4:])
}

func (c *client) sector(n uint64) byte {
	c.t.Helper()
	if errno := c.request(0, commandRead, n*Sector, Sector, nil); errno != 0 {
		c.t.Fatalf("errno %d", errno)
	}
	content := make([]byte, Sector)
	c.read(content)
	return content[0]
}

func TestCutLosesOnlyWhatWasNotFlushed(t *testing.T) {
	d := New(make([]byte, 100*Sector))
	c := connected(t, d)
	for n := range uint64(90) {
		c.request(0, commandWrite, n*Sector, Sector, bytes.Repeat([]byte{1}, Sector))
	}
	c.request(0, commandFlush, 0, 0, nil)
	for n := range uint64(90) {
		c.request(0, commandWrite, n*Sector, Sector, bytes.Repeat([]byte{2}, Sector))
	}
	c.request(commandForce, commandWrite, 95*Sector, Sector, bytes.Repeat([]byte{3}, Sector))
	if c.sector(5) != 2 {
		t.Error("what was written last is not read")
	}
	kept, lost := d.Cut(rand.New(rand.NewPCG(1, 2)))
	if kept+lost != 90 || kept == 0 || lost == 0 {
		t.Errorf("%d kept, %d lost", kept, lost)
	}
	old := 0
	for n := range uint64(90) {
		switch c.sector(n) {
		case 1:
			old++
		case 2:
		default:
			t.Errorf("sector %d lost what was flushed", n)
		}
	}
	if old != lost || c.sector(95) != 3 || d.Flushes() != 1 {
		t.Errorf("%d old sectors, %d lost; %d; %d flushes", old, lost, c.sector(95), d.Flushes())
	}
}

func TestDiskThatIgnoresFlush(t *testing.T) {
	d := New(make([]byte, 4*Sector))
	d.IgnoresFlush = true
	c := connected(t, d)
	c.request(commandForce, commandWrite, 0, Sector, bytes.Repeat([]byte{1}, Sector))
	c.request(0, commandFlush, 0, 0, nil)
	lost := 0
	for seed := range uint64(20) {
		_, n := d.Cut(rand.New(rand.NewPCG(seed, 2)))
		lost += n
		c.request(0, commandWrite, 0, Sector, bytes.Repeat([]byte{1}, Sector))
		c.request(0, commandFlush, 0, 0, nil)
	}
	if lost == 0 {
		t.Error("nothing was lost")
	}
}

func TestRequestsOutsideTheDisk(t *testing.T) {
	d := New(make([]byte, 4*Sector))
	c := connected(t, d)
	for _, r := range [][2]uint64{{4 * Sector, Sector}, {1, Sector}, {0, 100}, {1 << 63, Sector}, {3 * Sector, 2 * Sector}} {
		if errno := c.request(0, commandRead, r[0], uint32(r[1]), nil); errno != errnoInvalid {
			t.Errorf("%d bytes at %d: errno %d", r[1], r[0], errno)
		}
	}
	if errno := c.request(0, 99, 0, 0, nil); errno != errnoInvalid {
		t.Errorf("an unknown command: %d", errno)
	}
	if c.sector(3) != 0 {
		t.Error("the last sector")
	}
}
