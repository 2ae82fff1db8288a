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

// Kind is a kind of server program: how to set it up, start it and connect to it.
type Kind struct {
	Program  string
	Places   []string       // patterns of directories to search after PATH
	Accounts []string       // accounts under which it may run if this process is root
	End      syscall.Signal // ends it at once; it recovers at the next start

	// Clean removes what the server leaves outside of its home when it is killed; nil if it leaves nothing. A server with Clean is
	// killed by Stop, and gets End only when this process ends.
	Clean func(*Server)

	Initialise func(context.Context, *Server) error // creates its data directory
	Configure  func(*Server) error                  // writes what has the port; may be nil
	Args       func(*Server) []string
	DSN        func(*Server) string
	Ping       func(ctx context.Context, dsn string) error
}

// Server is a running server on the loopback address, with a certificate of its own authority. Acknowledged commits survive a
// crash of the process but not of the machine, because nothing is flushed to the disk.
type Server struct {
	Kind
	Home     *Home
	Binary   string
	Port     int
	Password string
	Root     *authority.Authority // has signed its certificate; the files are server.crt and server.key in the home
	process  *Process
}

// host is the only name in a server's certificate.
const host = "127.0.0.1"

const (
	// grace is how long a server may take to end.
	grace = 5 * time.Second
	// readyTime is how long it may take until it answers, on a busy machine.
	readyTime = 2 * time.Minute
)

// Installed returns nil if the program is installed, and else an *AbsentError.
func (k Kind) Installed() error {
	_, err := Find(k.Program, k.Places...)
	return err
}

// Start creates a server in dir and starts it. The server ends with this process. It returns an *AbsentError if the program is not
// installed.
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

// setUp creates the certificate and the data directory, and starts the server on a free port. It tries three ports, because another
// process may take one first.
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

// launch starts the server and waits until it answers.
func (s *Server) launch(ctx context.Context) (err error) {
	if s.Configure != nil {
		if err := s.Configure(s); err != nil {
			return err
		}
	}
	if s.process, err = s.Home.Start(s.End, s.Binary, s.Args(s)...); err != nil {
		return err
	}
	return s.process.WaitReady(ctx, func(ctx context.Context) error { return s.Ping(ctx, s.Address()) })
}

// Restart ends the server at once, without a shutdown, and starts it again on the same port.
func (s *Server) Restart(ctx context.Context) error {
	s.process.Stop(s.End, grace)
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	return s.launch(ctx)
}

// Address returns the server's data source name, with the password and the root certificate.
func (s *Server) Address() string { return s.DSN(s) }

// HostPort returns the host:port on which the server listens.
func (s *Server) HostPort() string { return net.JoinHostPort(host, strconv.Itoa(s.Port)) }

// PID returns the id of the server's process.
func (s *Server) PID() int { return s.process.PID() }

// Stop ends the server and removes its home.
func (s *Server) Stop() {
	switch {
	case s.process == nil:
	case s.Clean != nil:
		s.process.Stop(syscall.SIGKILL, grace)
		s.Clean(s)
	default:
		s.process.Stop(s.End, grace)
	}
	s.Home.Remove()
}
