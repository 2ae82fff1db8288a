// Package cluster runs a throw-away PostgreSQL server on the loopback address.
package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/xcmatrix/xcmatrix/drivers/daemon"
)

const role = "xcmatrix"

// Server is a running cluster. It keeps nothing safe: fsync is off.
type Server struct {
	home     *daemon.Home
	process  *daemon.Process
	binary   string
	port     int
	password string
}

// Start makes a cluster inside dir and starts it. The cluster lives no longer than this process. Where PostgreSQL is
// not installed the error is a *daemon.AbsentError.
func Start(ctx context.Context, dir string) (*Server, error) {
	binary, err := daemon.Find("postgres", "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/usr/local/pgsql/bin")
	if err != nil {
		return nil, err
	}
	account, err := daemon.Unprivileged("postgres", "nobody")
	if err != nil {
		return nil, err
	}
	home, err := daemon.NewHome(dir, account)
	if err != nil {
		return nil, err
	}
	s := &Server{home: home, binary: binary, password: rand.Text()}
	if err := s.initialise(ctx); err != nil {
		home.Remove()
		return nil, err
	}
	if err := s.launch(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.home.Path, "data") }

// initialise makes the data directory. The password reaches initdb by a file that only its account can read.
func (s *Server) initialise(ctx context.Context) error {
	secret := filepath.Join(s.home.Path, "secret")
	if err := s.home.WriteFile("secret", []byte(s.password+"\n")); err != nil {
		return err
	}
	defer os.Remove(secret)
	return s.home.Run(ctx, nil, filepath.Join(filepath.Dir(s.binary), "initdb"), "--pgdata="+s.data(), "--no-sync",
		"--username="+role, "--pwfile="+secret, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
}

// launch starts the server on a free port, without any Unix socket. The port can be lost to another process between
// being found and being used, so it is tried again.
func (s *Server) launch(ctx context.Context) (err error) {
	for range 3 {
		if s.port, err = daemon.FreePort(); err != nil {
			return err
		}
		// SIGQUIT ends a postmaster and its children at once, and gives its shared memory back.
		s.process, err = s.home.Start(syscall.SIGQUIT, s.binary, "-D", s.data(), "-F",
			"-c", "listen_addresses=127.0.0.1", "-c", "port="+strconv.Itoa(s.port), "-c", "unix_socket_directories=",
			"-c", "max_connections=200", "-c", "full_page_writes=off", "-c", "synchronous_commit=off",
			"-c", "timezone=UTC", "-c", "log_min_messages=fatal", "-c", "log_min_error_statement=panic")
		if err != nil {
			return err
		}
		if err = s.process.WaitReady(ctx, s.ping); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (s *Server) ping(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// DSN is where the server listens, with its password.
func (s *Server) DSN() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, s.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/postgres", RawQuery: "sslmode=disable"}
	return u.String()
}

// Stop ends the server and removes all it wrote.
func (s *Server) Stop() {
	if s.process != nil {
		s.process.Stop(syscall.SIGQUIT, 5*time.Second)
	}
	s.home.Remove()
}

// String names the server without its password.
func (s *Server) String() string { return fmt.Sprintf("PostgreSQL on 127.0.0.1:%d", s.port) }
