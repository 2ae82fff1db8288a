package faultproxy

import (
	"net"
	"sync/atomic"
	"time"
)

// connection is a connection of a client to the server through the proxy.
type connection struct {
	proxy          *Proxy
	client, server net.Conn
	silent         atomic.Bool // bytes are dropped in both directions
}

// forward copies the client's bytes to the server until either side has ended.
func (l *connection) forward() {
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
	l.close()
}

// forwardAnswers copies the server's bytes to the client until the fault is applied or either side has ended.
func (l *connection) forwardAnswers() {
	buffer := make([]byte, 32<<10)
	for {
		n, err := l.server.Read(buffer)
		if n > 0 && !l.silent.Load() {
			pass, fault := l.proxy.admitBytes(n)
			fault.delay(n)
			if _, err := l.client.Write(buffer[:pass]); err != nil {
				break
			}
			l.apply(fault.Action)
		}
		if err != nil {
			break
		}
	}
	if !l.silent.Load() {
		l.close()
	}
}

// delay sleeps as long as n bytes take with the fault's latency and bandwidth.
func (f Fault) delay(n int) {
	wait := f.Latency
	if f.Bandwidth > 0 {
		wait += time.Duration(n) * time.Second / time.Duration(f.Bandwidth)
	}
	if wait > 0 {
		time.Sleep(wait)
	}
}

// apply applies the action of a fault to the connection.
func (l *connection) apply(a Action) {
	switch a {
	case Reset:
		for _, side := range []net.Conn{l.client, l.server} {
			if tcp, ok := side.(*net.TCPConn); ok {
				tcp.SetLinger(0) // closing then sends a reset (socket(7), SO_LINGER)
			}
		}
		l.close()
	case Close:
		l.close()
	case BlackHole:
		l.silent.Store(true)
	case HalfOpen:
		l.silent.Store(true)
		l.server.Close()
	}
}

// close closes both sides, and takes the connection out of the proxy's list.
func (l *connection) close() {
	l.client.Close()
	l.server.Close()
	l.proxy.remove(l)
}
