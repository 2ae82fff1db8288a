// Package postgres runs a temporary PostgreSQL server on the loopback address.
package postgres

import (
	"context"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	dialect "github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
)

const role = "xcmatrix"

// kind is PostgreSQL. On SIGQUIT a postmaster ends its children at once and releases its shared memory.
var kind = daemon.Kind{
	Program: "postgres", Places: []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"},
	Accounts: []string{"postgres", "nobody"}, End: syscall.SIGQUIT,
	Initialise: initialise, Args: args, DSN: dsn, Ping: ping,
}

// Start creates a database cluster in dir and starts it. The cluster ends with this process. It returns a *daemon.AbsentError if
// PostgreSQL is not installed.
func Start(ctx context.Context, dir string) (*daemon.Server, error) { return kind.Start(ctx, dir) }

// Installed returns nil if PostgreSQL is installed, and else a *daemon.AbsentError.
func Installed() error { return kind.Installed() }

// data returns the path of the data directory.
func data(s *daemon.Server) string { return filepath.Join(s.Home.Path, "data") }

// access is pg_hba.conf: it allows connections by TCP from this machine, with the password.
const access = "host all all 127.0.0.1/32 scram-sha-256\n"

// noJIT switches off the compilation of queries if the server has it: it needs LLVM, which is a separate package in many
// distributions, and without LLVM a query with many parameters fails.
const noJIT = "DO $$ BEGIN IF current_setting('jit', true) IS NOT NULL THEN EXECUTE 'ALTER ROLE " + role + " SET jit = off'; END IF; END $$\n"

// initialise creates the data directory. The server gets only a verifier of the password, in single-user mode: before PostgreSQL 14
// the password file of initdb may have only 99 characters, and a verifier has 130.
func initialise(ctx context.Context, s *daemon.Server) error {
	secret, err := verifier(s.Password)
	if err != nil {
		return err
	}
	err = s.Home.Run(ctx, nil, filepath.Join(filepath.Dir(s.Binary), "initdb"), "--pgdata="+data(s), "--no-sync",
		"--username="+role, "--auth=reject", "--encoding=UTF8", "--locale=C")
	if err != nil {
		return err
	}
	if err := s.Home.WriteFile("data/pg_hba.conf", []byte(access)); err != nil {
		return err
	}
	return s.Home.Run(ctx, strings.NewReader("ALTER ROLE "+role+" PASSWORD '"+secret+"'\n"+noJIT), s.Binary, "--single", "-D", data(s), "-F",
		"-c", "exit_on_error=true", "-c", "log_min_error_statement=panic", "postgres")
}

// args returns the arguments of the server. It has no Unix socket. A commit is written before it is acknowledged, and not flushed to
// the disk. Background work, which would disturb measurements, is off. The buffers hold a table of a million rows: a table of
// more than a quarter of them would be read through a small ring buffer.
func args(s *daemon.Server) []string {
	return []string{"-D", data(s), "-F",
		"-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(s.Port), "-c", "unix_socket_directories=",
		"-c", "ssl=on", "-c", "ssl_cert_file=" + filepath.Join(s.Home.Path, "server.crt"),
		"-c", "ssl_key_file=" + filepath.Join(s.Home.Path, "server.key"),
		"-c", "max_connections=200", "-c", "full_page_writes=off", "-c", "shared_buffers=256MB",
		"-c", "autovacuum=off", "-c", "bgwriter_lru_maxpages=0", "-c", "checkpoint_timeout=1d", "-c", "max_wal_size=4GB",
		"-c", "timezone=UTC", "-c", "password_encryption=scram-sha-256", "-c", "log_min_messages=fatal", "-c", "log_min_error_statement=panic"}
}

// ping returns nil if the server accepts a connection.
func ping(ctx context.Context, dsn string) error {
	config, err := dialect.Config(dsn)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// dsn returns the server's data source name.
func dsn(s *daemon.Server) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, s.Password), Host: s.HostPort(), Path: "/postgres",
		RawQuery: url.Values{"sslmode": {"verify-full"}, "sslrootcert": {s.Root.Inline()}}.Encode()}
	return u.String()
}
