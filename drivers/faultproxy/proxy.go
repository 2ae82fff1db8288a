// Package faultproxy is a proxy on the loopback address between a driver and its server. It breaks connections after a given
// number of bytes from the server, so that a fault is reproducible.
package faultproxy

import (
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"time"
)

// Action is what a fault does to a connection.
type Action string

const (
	Reset     Action = "reset"      // both sides get a TCP reset
	Close     Action = "close"      // both sides get an orderly close
	BlackHole Action = "black hole" // bytes are dropped in both directions; nothing is closed
	HalfOpen  Action = "half-open"  // the server's side is closed; the client is not told
)

// Actions are all actions.
var Actions = []Action{Reset, Close, BlackHole, HalfOpen}

// Fault is applied to bytes from the server after Set. The zero Fault does nothing.
type Fault struct {
	Action    Action
	After     int           // bytes from the server that are forwarded before Action; later ones are lost
	Latency   time.Duration // of each piece of data
	Bandwidth int           // bytes per second; 0 for no limit
}

// Proxy is a listener and its connections.
type Proxy struct {
	network, target string
	listener        net.Listener

	mu             sync.Mutex
	fault          Fault
	bytesLeft      int           // bytes to forward before the fault is applied
	applied        chan struct{} // closed when the fault is applied
	faultsApplied  int
	bytesForwarded int // bytes that were forwarded from the server to the client
	connections    map[*connection]bool
}

// New starts a proxy for a server. It returns an error if it cannot listen.
func New(network, target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{network: network, target: target, listener: l, connections: map[*connection]bool{}}
	go p.accept()
	return p, nil
}

// Addr returns the host:port of the proxy.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set sets a fault for all bytes from now on, of present and future connections together. It is applied once; later connections are
// forwarded without a fault. The channel is closed when the fault is applied.
func (p *Proxy) Set(f Fault) (applied <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.bytesLeft, p.applied = f, f.After, make(chan struct{})
	return p.applied
}

// FaultsApplied returns the number of faults that were applied.
func (p *Proxy) FaultsApplied() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faultsApplied
}

// BytesForwarded returns the number of bytes that were forwarded from the server to clients, over all connections.
func (p *Proxy) BytesForwarded() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytesForwarded
}

// Close closes the proxy and its connections.
func (p *Proxy) Close() {
	p.listener.Close()
	p.mu.Lock()
	open := slices.Collect(maps.Keys(p.connections))
	p.mu.Unlock()
	for _, l := range open {
		l.close()
	}
}

// accept serves clients until the listener is closed.
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

// serve connects a client to the server and forwards in both directions.
func (p *Proxy) serve(client net.Conn) {
	server, err := net.DialTimeout(p.network, p.target, 5*time.Second)
	if err != nil {
		client.Close()
		return
	}
	l := &connection{proxy: p, client: client, server: server}
	p.mu.Lock()
	p.connections[l] = true
	p.mu.Unlock()
	go l.forward()
	l.forwardAnswers()
}

// admitBytes returns how many of n bytes from the server are forwarded, and the fault that is applied after them.
func (p *Proxy) admitBytes(n int) (pass int, f Fault) {
	p.mu.Lock()
	defer func() {
		p.bytesForwarded += pass
		p.mu.Unlock()
	}()
	f = p.fault
	if f.Action == "" {
		return n, f
	}
	if p.bytesLeft >= n {
		p.bytesLeft -= n
		f.Action = ""
		return n, f
	}
	p.fault.Action = ""
	p.faultsApplied++
	close(p.applied)
	return p.bytesLeft, f
}

func (p *Proxy) remove(l *connection) {
	p.mu.Lock()
	delete(p.connections, l)
	p.mu.Unlock()
}
