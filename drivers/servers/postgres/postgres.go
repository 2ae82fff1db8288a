// Package postgres runs a throw-away PostgreSQL server on the loopback address.
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

// kind ends by SIGQUIT: a postmaster then ends its children at once, and gives its shared memory back.
var kind = daemon.Kind{
	Program: "postgres", Places: []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"},
	Accounts: []string{"postgres", "nobody"}, End: syscall.SIGQUIT,
	Initialise: initialise, Args: args, DSN: dsn, Ping: ping,
}

// Start makes a cluster inside dir and starts it. The cluster lives no longer than this process. Where PostgreSQL is
// not installed the error is a *daemon.AbsentError.
func Start(ctx context.Context, dir string) (*daemon.Server, error) { return kind.Start(ctx, dir) }

func data(s *daemon.Server) string { return filepath.Join(s.Home.Path, "data") }

// access lets in whoever knows the password, by TCP and from this machine alone.
const access = "host all all 127.0.0.1/32 scram-sha-256\n"

// uncompiled has queries interpreted, where the server knows of compiling them: compiling needs LLVM, which is a package of
// its own with many distributions, and without it a query of many parameters fails.
const uncompiled = "DO $$ BEGIN IF current_setting('jit', true) IS NOT NULL THEN EXECUTE 'ALTER ROLE " + role + " SET jit = off'; END IF; END $$\n"

// initialise makes the data directory. The server learns only a verifier of the password, in single-user mode: initdb's
// file for passwords takes no more than 99 characters before PostgreSQL 14, and a verifier has 130.
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
	return s.Home.Run(ctx, strings.NewReader("ALTER ROLE "+role+" PASSWORD '"+secret+"'\n"+uncompiled), s.Binary, "--single", "-D", data(s), "-F",
		"-c", "exit_on_error=true", "-c", "log_min_error_statement=panic", "postgres")
}

// args returns a server without any Unix socket. It writes a commit before it acknowledges it, and leaves it to the kernel
// when that reaches the disk. It does nothing by itself meanwhile, which would be measured with what a client asks, and
// keeps a table of a million rows in its own memory: one of more than a quarter of it goes through a ring of a few pages.
func args(s *daemon.Server) []string {
	return []string{"-D", data(s), "-F",
		"-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(s.Port), "-c", "unix_socket_directories=",
		"-c", "ssl=on", "-c", "ssl_cert_file=" + filepath.Join(s.Home.Path, "server.crt"),
		"-c", "ssl_key_file=" + filepath.Join(s.Home.Path, "server.key"),
		"-c", "max_connections=200", "-c", "full_page_writes=off", "-c", "shared_buffers=256MB",
		"-c", "autovacuum=off", "-c", "bgwriter_lru_maxpages=0", "-c", "checkpoint_timeout=1d", "-c", "max_wal_size=4GB",
		"-c", "timezone=UTC", "-c", "password_encryption=scram-sha-256", "-c", "log_min_messages=fatal", "-c", "log_min_error_statement=panic"}
}

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

func dsn(s *daemon.Server) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, s.Password), Host: s.HostPort(), Path: "/postgres",
		RawQuery: url.Values{"sslmode": {"verify-full"}, "sslrootcert": {s.Root.Inline()}}.Encode()}
	return u.String()
}
