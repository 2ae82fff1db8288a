package peer

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// Script is what a raw server does with one connection. The connection is closed when it returns.
type Script func(*Conn) error

// Steps returns a script that plays others, one after the other, and ends with the first error.
func Steps(steps ...Script) Script {
	return func(c *Conn) error {
		for _, step := range steps {
			if err := step(c); err != nil {
				return err
			}
		}
		return nil
	}
}

// Each returns a script that plays the first of the scripts with the first connection, the second with the second, and the last
// with all others.
func Each(scripts ...Script) Script {
	return func(c *Conn) error { return scripts[min(c.N, len(scripts))-1](c) }
}

// Always returns a script that repeats another until it fails, such as at the end of the connection.
func Always(script Script) Script {
	return func(c *Conn) error {
		for {
			if err := script(c); err != nil {
				return err
			}
		}
	}
}

// Read reads a request with its body.
func Read(c *Conn) error {
	_, err := c.Request()
	return err
}

// ReadHead reads a request's head, and leaves its body unread.
func ReadHead(c *Conn) error {
	head, err := c.Head()
	if err == nil {
		c.heard(Request{Conn: c.N, Head: head})
	}
	return err
}

// Send returns a step that writes text as it is.
func Send(text string) Script { return func(c *Conn) error { return c.Send(text) } }

// Answer returns a step that reads a request and writes text as it is.
func Answer(text string) Script { return Steps(Read, Send(text)) }

// Reset is the step that ends the connection with a RST.
func Reset(c *Conn) error { return c.Reset() }

// Hold is the step that leaves the connection open until the other side ends it.
func Hold(c *Conn) error {
	_, err := io.Copy(io.Discard, c.In)
	return err
}

// Wait returns a step that waits until a channel is closed.
func Wait(until <-chan struct{}, deadline time.Time) Script {
	return func(*Conn) error {
		select {
		case <-until:
			return nil
		case <-time.After(time.Until(deadline)):
			return errors.New("what the raw server waits for does not happen")
		}
	}
}

// OK returns a response with status 200 and a body.
func OK(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// Server is a raw server on a loopback address. It plays a script with each connection.
type Server struct {
	listener net.Listener
	script   Script
	deadline time.Time
	playing  sync.WaitGroup

	mu       sync.Mutex
	open     []*Conn
	closed   bool
	requests []Request
	ended    []error // of each connection's script, in the order of their ends
}

// Serve begins to play a script with each connection to a listener, which Close closes.
func Serve(l net.Listener, deadline time.Time, script Script) *Server {
	s := &Server{listener: l, script: script, deadline: deadline}
	s.playing.Go(s.accept)
	return s
}

// Address returns the server's address, such as 127.0.0.1:4711.
func (s *Server) Address() string { return s.listener.Addr().String() }

// URL returns the server's URL with a path.
func (s *Server) URL(path string) string { return "http://" + s.Address() + path }

// Requests returns the requests that the server has read.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Connections returns how many connections the server has accepted.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Ended returns the errors of the connections' scripts, in the order in which they ended; nil for one that was played to its end.
func (s *Server) Ended() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ended)
}

// Cut ends all connections that are open; the server accepts others.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		_ = c.Close()
	}
}

// Close ends the listener and all connections, and returns when all scripts have ended.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	_ = s.listener.Close()
	for _, c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.playing.Wait()
}

func (s *Server) accept() {
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		c, err := NewConn(raw, s.deadline)
		if err != nil {
			_ = raw.Close()
			continue
		}
		c.heard = s.heard
		s.mu.Lock()
		s.open = append(s.open, c)
		c.N = len(s.open)
		if s.closed {
			_ = c.Close()
		}
		s.mu.Unlock()
		s.playing.Go(func() { s.play(c) })
	}
}

func (s *Server) play(c *Conn) {
	err := s.script(c)
	_ = c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = append(s.ended, err)
}

func (s *Server) heard(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
}
