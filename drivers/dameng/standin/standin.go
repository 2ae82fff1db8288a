// Package standin is a stand-in for a DM8 server on the loopback address. It implements the server's protocol, so that the code of
// the driver can be tested on every architecture without a server. It tests the driver's login, framing, conversions, large
// objects and behaviour on broken connections. It says nothing about DM8 itself, and everything that shows its results must
// say so.
//
// It was written from a description of the protocol of driver v1.8.23. It has neither TLS nor the key agreement, whose prime the
// description does not give: user and password are sent in clear over the loopback device.
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

// The account of a stand-in. It is no secret: only this machine can connect, and the stand-in holds no data.
const (
	User     = "SYSDBA"
	Password = "standin"
)

// Server is a running stand-in.
type Server struct {
	db       *engine.DB
	listener net.Listener
	checksum wire.Checksum
	faults   faults

	ctx      context.Context
	cancel   context.CancelFunc
	sessions sync.WaitGroup
}

// Option is an option of Start.
type Option func(*Server)

// WithChecksum makes a stand-in use another checksum than CRC.
func WithChecksum(by wire.Checksum) Option { return func(s *Server) { s.checksum = by } }

// Start starts a stand-in on a free port. It returns an error if it cannot listen.
func Start(options ...Option) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{db: engine.New(User, Password), listener: l, checksum: wire.CRC}
	for _, o := range options {
		o(s)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.sessions.Go(s.accept)
	return s, nil
}

// Serve starts a stand-in that runs until the process ends, and returns its data source name.
func Serve() (dsn string, err error) {
	s, err := Start()
	if err != nil {
		return "", err
	}
	return s.DSN(), nil
}

// Addr returns the host:port on which it listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// DSN returns the data source name for the driver.
func (s *Server) DSN() string { return fmt.Sprintf("dm://%s:%s@%s", User, Password, s.Addr()) }

// Close ends all sessions and waits until they have ended.
func (s *Server) Close() {
	s.cancel()
	s.listener.Close()
	s.sessions.Wait()
}

// accept serves clients until the listener is closed.
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
