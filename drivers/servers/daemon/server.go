package daemon

import (
	"context"
	"crypto/rand"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/authority"
)

// Kind is a server program that can be run for a while: how it is set up, started and reached.
type Kind struct {
	Program  string
	Places   []string       // patterns of directories in which it may stand, beside PATH
	Accounts []string       // whom it may run as when this process is root
	End      syscall.Signal // ends it at once; it comes up again from what it wrote

	Initialise func(context.Context, *Server) error // makes its data directory
	Args       func(*Server) []string
	DSN        func(*Server) string
	Ping       func(ctx context.Context, dsn string) error
}

// Server is a running server of a kind, on the loopback address, with TLS by an authority of its own. What it
// acknowledged outlives its process, not the machine: nothing is flushed to the disk.
type Server struct {
	Kind
	Home     *Home
	Binary   string
	Port     int
	Password string
	Root     *authority.Authority // signed its certificate, the home's files server.crt and server.key
	process  *Process
}

// host is the only name that a server's certificate holds.
const host = "127.0.0.1"

const (
	// grace is how long a server may take to end.
	grace = 5 * time.Second
	// readyTime is how long it may take until it answers, on a machine that is busy with much else.
	readyTime = 2 * time.Minute
)

// Start sets a server up inside dir and starts it. It lives no longer than this process. Where the program is not
// installed the error is an *AbsentError.
func (k Kind) Start(ctx context.Context, dir string) (*Server, error) {
	binary, err := Find(k.Program, k.Places...)
	if err != nil {
		return nil, err
	}
	account, err := Unprivileged(k.Accounts...)
	if err != nil {
		return nil, err
	}
	root, err := authority.New()
	if err != nil {
		return nil, err
	}
	home, err := NewHome(dir, account)
	if err != nil {
		return nil, err
	}
	s := &Server{Kind: k, Home: home, Binary: binary, Password: rand.Text(), Root: root}
	if err := s.setUp(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) setUp(ctx context.Context) error {
	pair, err := s.Root.Issue(time.Now().AddDate(0, 1, 0), host)
	if err != nil {
		return err
	}
	if err := s.Home.WriteFile("server.crt", pair.Certificate); err != nil {
		return err
	}
	if err := s.Home.WriteFile("server.key", pair.Key); err != nil {
		return err
	}
	if err := s.Initialise(ctx, s); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	// The port can be lost to another process between being found and being used.
	for range 3 {
		if s.Port, err = FreePort(); err != nil {
			return err
		}
		if err = s.launch(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (s *Server) launch(ctx context.Context) (err error) {
	if s.process, err = s.Home.Start(s.End, s.Binary, s.Args(s)...); err != nil {
		return err
	}
	return s.process.WaitReady(ctx, func(ctx context.Context) error { return s.Ping(ctx, s.Address()) })
}

// Restart ends the server without giving it time to close anything, and starts it again on the same port.
func (s *Server) Restart(ctx context.Context) error {
	s.process.Stop(s.End, grace)
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	return s.launch(ctx)
}

// Address returns where the server listens, as a data source name with its password and its certificate's root.
func (s *Server) Address() string { return s.DSN(s) }

// HostPort returns where the server listens.
func (s *Server) HostPort() string { return net.JoinHostPort(host, strconv.Itoa(s.Port)) }

// Stop ends the server and removes all it wrote.
func (s *Server) Stop() {
	if s.process != nil {
		s.process.Stop(s.End, grace)
	}
	s.Home.Remove()
}
