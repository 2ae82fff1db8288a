// Package standin stands in for a DM8 server on the loopback address: it speaks the server's protocol, so that a
// driver's own code can be run on every architecture where no server is to be had. It is not a server. What it proves
// is the driver's login, framing, conversions, large objects and behaviour on a broken line; it proves nothing about
// DM8, and whoever shows its results says so.
//
// It was written from a description of the protocol as driver v1.8.23 speaks it. It offers neither TLS nor the key
// agreement (whose prime the description does not give): user and password cross the loopback device in clear.
package standin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/engine"
	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// The account of a stand-in. It is no secret: nobody but this machine reaches it, and it holds nothing.
const (
	User     = "SYSDBA"
	Password = "standin"
)

// Server is a stand-in that listens.
type Server struct {
	db       *engine.DB
	listener net.Listener
	checks   wire.Checks
	faults   faults

	ctx      context.Context
	cancel   context.CancelFunc
	sessions sync.WaitGroup
}

// Option of a stand-in.
type Option func(*Server)

// Checked makes a stand-in guard its messages in another way than by CRC.
func Checked(by wire.Checks) Option { return func(s *Server) { s.checks = by } }

// Start starts a stand-in on a port that is free.
func Start(options ...Option) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{db: engine.New(User, Password), listener: l, checks: wire.CRC}
	for _, o := range options {
		o(s)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.sessions.Go(s.accept)
	return s, nil
}

// Serve starts a stand-in that lives as long as the process, and returns its data source name.
func Serve() (dsn string, err error) {
	s, err := Start()
	if err != nil {
		return "", err
	}
	return s.DSN(), nil
}

// Addr returns where it listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// DSN returns the data source name for the driver.
func (s *Server) DSN() string { return fmt.Sprintf("dm://%s:%s@%s", User, Password, s.Addr()) }

// Close ends all sessions, and returns when they have ended.
func (s *Server) Close() {
	s.cancel()
	s.listener.Close()
	s.sessions.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		s.sessions.Go(func() { s.serve(conn) })
	}
}
