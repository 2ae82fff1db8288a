package sshtest

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Proxy stands between a client and the server, as a network does: it delays, is slow, counts, and breaks.
type Proxy struct {
	Port  int
	Delay time.Duration // of each direction
	Rate  int           // bytes a second in each direction; 0 for no limit

	Up, Down atomic.Int64 // bytes that have passed, to the server and from it

	listener net.Listener

	mu      sync.Mutex
	open    map[net.Conn]bool
	stopped atomic.Bool // nothing passes
}

// NewProxy starts a proxy for a server, which ends with the test.
func NewProxy(t *testing.T, to int) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &Proxy{Port: l.Addr().(*net.TCPAddr).Port, open: map[net.Conn]bool{}}
	p.listener = l
	t.Cleanup(p.Close)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c, to)
		}
	}()
	return p
}

func (p *Proxy) serve(c net.Conn, to int) {
	s, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", to))
	if err != nil {
		c.Close()
		return
	}
	p.mu.Lock()
	p.open[c], p.open[s] = true, true
	p.mu.Unlock()
	go p.pass(c, s, &p.Up)
	p.pass(s, c, &p.Down)
}

// piece is what was read at once, and when it is due on the other side.
type piece struct {
	data []byte
	due  time.Time
}

// pass passes one direction. What is under way is bounded, as a network's buffers are.
func (p *Proxy) pass(from, to net.Conn, count *atomic.Int64) {
	pieces := make(chan piece, 64)
	go func() {
		defer close(pieces)
		free := time.Now() // when the line has sent what came before
		for {
			data := make([]byte, 8<<10)
			n, err := from.Read(data)
			if err != nil {
				return
			}
			if free = later(free, time.Now()); p.Rate > 0 {
				free = free.Add(time.Duration(n) * time.Second / time.Duration(p.Rate))
			}
			pieces <- piece{data[:n], free.Add(p.Delay)}
		}
	}()
	for x := range pieces {
		time.Sleep(time.Until(x.due))
		for p.stopped.Load() {
			time.Sleep(10 * time.Millisecond)
		}
		if _, err := to.Write(x.data); err != nil {
			break
		}
		count.Add(int64(len(x.data)))
	}
	p.close(from, to)
	io.Copy(io.Discard, from) //nolint:errcheck // it is closed
	for range pieces {
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (p *Proxy) close(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		c.Close()
		delete(p.open, c)
	}
}

// Close ends the proxy: nobody is reached by it any more.
func (p *Proxy) Close() {
	p.listener.Close()
	p.Cut()
}

// Cut ends all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
		delete(p.open, c)
	}
}

// Stop lets nothing pass any more; Go lets it pass again.
func (p *Proxy) Stop() { p.stopped.Store(true) }

// Go lets pass what was stopped.
func (p *Proxy) Go() { p.stopped.Store(false) }
