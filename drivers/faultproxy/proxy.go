// Package faultproxy stands on the loopback address between a driver and its server, and breaks what passes: at a given
// byte of the server's answers, so that a fault can be repeated.
package faultproxy

import (
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// Action is what happens to a connection when its fault is due.
type Action string

const (
	Reset    Action = "reset"      // both sides get a TCP reset
	Close    Action = "close"      // both sides get an orderly end
	Hole     Action = "black hole" // bytes vanish in both directions, nothing ends
	HalfOpen Action = "half-open"  // the server's side ends, the client hears nothing of it
)

// Actions holds all of them.
var Actions = []Action{Reset, Close, Hole, HalfOpen}

// Fault is what a proxy does to the bytes that come from the server after the fault is set. The zero Fault does nothing.
type Fault struct {
	Action    Action
	After     int           // bytes from the server that still pass before Action; the rest is lost
	Latency   time.Duration // delay of each piece
	Bandwidth int           // bytes a second, 0 for no limit
}

// Proxy is a listener with the connections that came through it.
type Proxy struct {
	network, target string
	listener        net.Listener

	mu     sync.Mutex
	fault  Fault
	left   int           // bytes that pass before the fault is due
	due    chan struct{} // closed when it strikes
	struck int
	passed int // bytes from the server that went on to the client
	links  map[*link]bool
}

// New makes a proxy for a server and starts to listen.
func New(network, target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{network: network, target: target, listener: l, links: map[*link]bool{}}
	go p.accept()
	return p, nil
}

// Addr returns where drivers connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set arms a fault for the bytes from now on, of present and future connections together. It strikes once: what
// connects after it struck is served well. The channel is closed when the fault strikes.
func (p *Proxy) Set(f Fault) (struck <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.left, p.due = f, f.After, make(chan struct{})
	return p.due
}

// Struck returns how many faults have come due.
func (p *Proxy) Struck() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.struck
}

// Passed returns how many bytes have come from the server and gone on to the client, over all connections.
func (p *Proxy) Passed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed
}

// Close ends the proxy and everything that passes through it.
func (p *Proxy) Close() {
	p.listener.Close()
	p.mu.Lock()
	open := slices.Collect(maps.Keys(p.links))
	p.mu.Unlock()
	for _, l := range open {
		l.end()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			go p.serve(client)
		}
	}
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.DialTimeout(p.network, p.target, 5*time.Second)
	if err != nil {
		client.Close()
		return
	}
	l := &link{proxy: p, client: client, server: server}
	p.mu.Lock()
	p.links[l] = true
	p.mu.Unlock()
	go l.forward()
	l.answer()
}

// admit returns how many of n bytes from the server may pass, and which fault is due after them.
func (p *Proxy) admit(n int) (pass int, f Fault) {
	p.mu.Lock()
	defer func() {
		p.passed += pass
		p.mu.Unlock()
	}()
	f = p.fault
	if f.Action == "" {
		return n, f
	}
	if p.left >= n {
		p.left -= n
		f.Action = ""
		return n, f
	}
	p.fault.Action = ""
	p.struck++
	close(p.due)
	return p.left, f
}

func (p *Proxy) forget(l *link) {
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}
