package faultproxy

import (
	"net"
	"sync/atomic"
	"time"
)

// link is one connection through the proxy.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	silent         atomic.Bool // bytes vanish
}

// forward carries the client's bytes to the server.
func (l *link) forward() {
	buffer := make([]byte, 32<<10)
	for {
		n, err := l.client.Read(buffer)
		if n > 0 && !l.silent.Load() {
			if _, err := l.server.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	l.end()
}

// answer carries the server's bytes to the client until the fault strikes.
func (l *link) answer() {
	buffer := make([]byte, 32<<10)
	for {
		n, err := l.server.Read(buffer)
		if n > 0 && !l.silent.Load() {
			pass, fault := l.proxy.admit(n)
			fault.delay(n)
			if _, err := l.client.Write(buffer[:pass]); err != nil {
				break
			}
			l.strike(fault.Action)
		}
		if err != nil {
			break
		}
	}
	if !l.silent.Load() {
		l.end()
	}
}

// delay lasts as long as the fault's line takes for n bytes.
func (f Fault) delay(n int) {
	wait := f.Latency
	if f.Bandwidth > 0 {
		wait += time.Duration(n) * time.Second / time.Duration(f.Bandwidth)
	}
	if wait > 0 {
		time.Sleep(wait)
	}
}

func (l *link) strike(a Action) {
	switch a {
	case Reset:
		for _, side := range []net.Conn{l.client, l.server} {
			if tcp, ok := side.(*net.TCPConn); ok {
				tcp.SetLinger(0) // closing then sends a reset (socket(7), SO_LINGER)
			}
		}
		l.end()
	case Close:
		l.end()
	case Hole:
		l.silent.Store(true)
	case HalfOpen:
		l.silent.Store(true)
		l.server.Close()
	}
}

// end closes both sides.
func (l *link) end() {
	l.client.Close()
	l.server.Close()
	l.proxy.forget(l)
}
