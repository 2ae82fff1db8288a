package tls

import (
	"net"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// The stages of a handshake that a client itself sees, for every scheme. What the client waits for the other side is in connect, in
// "wait for ServerHello" and in read, never in a stage of cryptography. A library does not tell the end of each stage: what it does
// not tell apart has the names of all stages in it, joined with " + ".
const connect = "connect"

// spent is a time by the clock and by the thread's processor time.
type spent struct{ wall, cpu time.Duration }

func (a spent) plus(b spent) spent  { return spent{a.wall + b.wall, a.cpu + b.cpu} }
func (a spent) minus(b spent) spent { return spent{a.wall - b.wall, a.cpu - b.cpu} }

var started = time.Now()

// readClocks returns both times. The calling goroutine is locked to its thread.
func readClocks() spent {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // it fails for no thread that runs
	return spent{time.Since(started), time.Duration(t.Nano())}
}

// meter divides a client's handshake into stages.
type meter struct {
	last   spent
	waited spent // in Read and Write since the last lap
	hello  bool  // ServerHello has come
	wrote  bool  // since the last Read
	trips  int   // how often it waited for an answer to what it had sent, and once for the connection

	order  []string
	stages map[string]spent
}

func newMeter() *meter { return &meter{last: readClocks(), stages: map[string]spent{}} }

func (m *meter) add(stage string, s spent) {
	if !slices.Contains(m.order, stage) {
		m.order = append(m.order, stage)
	}
	m.stages[stage] = m.stages[stage].plus(s)
}

// lap ends a stage. What was spent in Read and Write belongs to the stage that waits for the other side.
func (m *meter) lap(stage string) {
	now := readClocks()
	own := now.minus(m.last).minus(m.waited)
	if m.waited.wall > 0 {
		wait := wire.WaitHello
		if m.hello {
			wait = wire.ReadFlight
		}
		m.add(wait, m.waited)
	}
	m.add(stage, own)
	m.hello = m.hello || stage == wire.WaitHello
	m.last, m.waited = now, spent{}
}

// watch returns the connection that tells the meter what is read and written, and the function for the laps of the suite's own peers; for
// no meter, the connection itself.
func (m *meter) watch(raw net.Conn) (net.Conn, func(stage string)) {
	if m == nil {
		return raw, nil
	}
	return &metered{Conn: raw, m: m, event: func(event) {}}, m.lap
}

// event is what happens on a connection.
type event int

const (
	willWrite event = iota
	wasWritten
	wasRead
)

// metered tells its meter of what is read and written.
type metered struct {
	net.Conn
	m     *meter
	event func(event) // libraries without laps of their own are divided here
}

func (c *metered) Read(b []byte) (int, error) {
	if c.m.wrote {
		c.m.wrote = false
		c.m.trips++
	}
	before := readClocks()
	n, err := c.Conn.Read(b)
	c.m.waited = c.m.waited.plus(readClocks().minus(before))
	c.event(wasRead)
	return n, err
}

func (c *metered) Write(b []byte) (int, error) {
	c.event(willWrite)
	before := readClocks()
	n, err := c.Conn.Write(b) // where processors are few, the other side runs before it returns
	c.m.waited = c.m.waited.plus(readClocks().minus(before))
	// ChangeCipherSpec alone asks for no answer: TLS 1.3 sends it for middleboxes.
	c.m.wrote = c.m.wrote || len(b) != changeCipherSpecBytes || b[0] != byte(wire.ChangeCipherSpec)
	c.event(wasWritten)
	return n, err
}

// changeCipherSpecBytes is the length of a record with it.
const changeCipherSpecBytes = 6
