// Package cluster runs a throw-away MariaDB server on the loopback address.
package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/xcmatrix/xcmatrix/drivers/daemon"
	dialect "github.com/xcmatrix/xcmatrix/drivers/mysql"
)

const account = "xcmatrix" // user and database

// Server is a running MariaDB. It keeps nothing safe: nothing is flushed to the disk.
type Server struct {
	home     *daemon.Home
	process  *daemon.Process
	binary   string
	port     int
	password string
}

// Start makes a data directory inside dir and starts a server on it. It lives no longer than this process. Where
// MariaDB is not installed the error is a *daemon.AbsentError.
func Start(ctx context.Context, dir string) (*Server, error) {
	binary, err := daemon.Find("mariadbd", "/usr/sbin", "/usr/libexec", "/usr/local/sbin")
	if err != nil {
		return nil, err
	}
	user, err := daemon.Unprivileged("mysql", "nobody")
	if err != nil {
		return nil, err
	}
	home, err := daemon.NewHome(dir, user)
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

// settings that initialisation and service share: small, and nothing flushed.
func (s *Server) settings(more ...string) []string {
	return append([]string{"--no-defaults", "--datadir=" + s.data(), "--tmpdir=" + s.home.Path,
		"--innodb-log-file-size=16M", "--innodb-buffer-pool-size=128M", "--skip-innodb-doublewrite",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--skip-log-bin"}, more...)
}

// initialise makes the system tables as mariadb-install-db does, which needs programs of other packages, and one
// account. The server learns only the hash of its password.
func (s *Server) initialise(ctx context.Context) error {
	if err := s.home.MkdirAll("data"); err != nil {
		return err
	}
	script := bytes.NewBufferString("CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n")
	for _, name := range []string{"system_tables", "performance_tables", "system_tables_data"} {
		text, err := share(s.binary, name)
		if err != nil {
			return err
		}
		script.Write(text)
	}
	fmt.Fprintf(script, "\nFLUSH PRIVILEGES;\nDROP USER IF EXISTS root@localhost;\nCREATE DATABASE %[1]s CHARACTER SET utf8mb4;\n"+
		"CREATE USER %[1]s IDENTIFIED BY PASSWORD '%[2]s';\nGRANT ALL ON *.* TO %[1]s WITH GRANT OPTION;\n", account, hash(s.password))
	return s.home.Run(ctx, script, s.binary, s.settings("--bootstrap")...)
}

// share reads one of the scripts that make the system tables. They stand beside the program, under two names.
func share(binary, name string) ([]byte, error) {
	root := filepath.Dir(filepath.Dir(binary))
	for _, path := range []string{"share/mysql/mysql_", "share/mariadb/mariadb_", "share/mariadb/mysql_"} {
		text, err := os.ReadFile(filepath.Join(root, path+name+".sql"))
		if !errors.Is(err, fs.ErrNotExist) {
			return text, err
		}
	}
	return nil, &daemon.AbsentError{Program: "mariadb-server (its system tables)"}
}

// hash is what mysql_native_password keeps of a password.
func hash(password string) string {
	once := sha1.Sum([]byte(password))
	twice := sha1.Sum(once[:])
	return fmt.Sprintf("*%X", twice)
}

// launch starts the server on a free port. The port can be lost to another process between being found and being
// used, so it is tried again.
func (s *Server) launch(ctx context.Context) (err error) {
	for range 3 {
		if s.port, err = daemon.FreePort(); err != nil {
			return err
		}
		s.process, err = s.home.Start(syscall.SIGKILL, s.binary, s.settings("--bind-address=127.0.0.1",
			"--port="+strconv.Itoa(s.port), "--socket=server.sock", "--pid-file=server.pid", "--max-connections=200",
			"--skip-name-resolve", "--default-time-zone=+00:00", "--character-set-server=utf8mb4",
			"--max-allowed-packet=64M", "--log-warnings=0")...)
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
	db, err := dialect.Open(s.DSN())
	if err != nil {
		return err
	}
	defer db.Close()
	return db.PingContext(ctx)
}

// DSN is where the server listens, with its password.
func (s *Server) DSN() string {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName = account, s.password, account
	c.Net, c.Addr = "tcp", "127.0.0.1:"+strconv.Itoa(s.port)
	return c.FormatDSN()
}

// Stop ends the server and removes all it wrote. Nothing is worth an orderly end.
func (s *Server) Stop() {
	if s.process != nil {
		s.process.Stop(syscall.SIGKILL, time.Second)
	}
	s.home.Remove()
}
