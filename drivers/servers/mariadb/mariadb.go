// Package mariadb runs a temporary MariaDB server on the loopback address.
package mariadb

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/go-sql-driver/mysql"

	dialect "github.com/xcmatrix/xcmatrix/drivers/mysql"
	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
)

const account = "xcmatrix" // user and database

var kind = daemon.Kind{
	Program: "mariadbd", Places: []string{"/usr/sbin", "/usr/libexec", "/usr/local/sbin"},
	Accounts: []string{"mysql", "nobody"}, End: syscall.SIGKILL,
	Initialise: initialise, Args: args, DSN: dsn, Ping: ping,
}

// Start creates a data directory in dir and starts a server with it. The server ends with this process. It returns a
// *daemon.AbsentError if MariaDB is not installed.
func Start(ctx context.Context, dir string) (*daemon.Server, error) { return kind.Start(ctx, dir) }

// Installed returns nil if MariaDB is installed, and else a *daemon.AbsentError.
func Installed() error { return kind.Installed() }

// settings returns the arguments of both the initialisation and the server, with additional ones. A commit is written before it is
// acknowledged, and not flushed to the disk.
func settings(s *daemon.Server, additional ...string) []string {
	return append(append([]string{"--no-defaults"}, ownFiles(s.Binary)...), append([]string{"--datadir=" + filepath.Join(s.Home.Path, "data"), "--tmpdir=" + s.Home.Path,
		"--innodb-log-file-size=16M", "--innodb-buffer-pool-size=128M", "--skip-innodb-doublewrite",
		"--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--skip-log-bin"}, additional...)...)
}

// ownFiles returns the arguments for the message and character set files of the program's own version. Without them, a program
// that was unpacked somewhere would use those of an installed server.
func ownFiles(binary string) []string {
	for _, name := range []string{"mysql", "mariadb"} {
		share := filepath.Join(filepath.Dir(filepath.Dir(binary)), "share", name)
		if _, err := os.Stat(filepath.Join(share, "english", "errmsg.sys")); err == nil {
			return []string{"--lc-messages-dir=" + share, "--character-sets-dir=" + filepath.Join(share, "charsets")}
		}
	}
	return nil
}

// initialise creates the system tables and an account. It does the same as mariadb-install-db, which needs programs of other
// packages. The server gets only the hash of the password.
func initialise(ctx context.Context, s *daemon.Server) error {
	if err := s.Home.MkdirAll("data"); err != nil {
		return err
	}
	script := bytes.NewBufferString("CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n")
	for _, name := range []string{"system_tables", "performance_tables", "system_tables_data"} {
		text, err := share(s.Binary, name)
		if err != nil {
			return err
		}
		script.Write(text)
	}
	fmt.Fprintf(script, "\nFLUSH PRIVILEGES;\nDROP USER IF EXISTS root@localhost;\nCREATE DATABASE %[1]s CHARACTER SET utf8mb4;\n"+
		"CREATE USER %[1]s IDENTIFIED BY PASSWORD '%[2]s';\nGRANT ALL ON *.* TO %[1]s WITH GRANT OPTION;\n", account, hash(s.Password))
	return s.Home.Run(ctx, script, s.Binary, settings(s, "--bootstrap")...)
}

// share returns a script that creates system tables. The scripts are installed with the program, under one of three names.
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

// hash returns the hash of a password for the authentication method mysql_native_password.
func hash(password string) string {
	once := sha1.Sum([]byte(password))
	twice := sha1.Sum(once[:])
	return fmt.Sprintf("*%X", twice)
}

// args returns the arguments of the server.
func args(s *daemon.Server) []string {
	return settings(s, "--bind-address=127.0.0.1", "--port="+strconv.Itoa(s.Port), "--socket=server.sock",
		"--pid-file=server.pid", "--max-connections=200", "--skip-name-resolve", "--default-time-zone=+00:00",
		"--ssl-cert="+filepath.Join(s.Home.Path, "server.crt"), "--ssl-key="+filepath.Join(s.Home.Path, "server.key"),
		"--character-set-server=utf8mb4", "--max-allowed-packet=64M", "--log-warnings=0")
}

// ping returns nil if the server accepts a connection.
func ping(ctx context.Context, dsn string) error {
	db, err := dialect.Open(dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.PingContext(ctx)
}

// dsn returns the server's data source name.
func dsn(s *daemon.Server) string {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName = account, s.Password, account
	c.Net, c.Addr = "tcp", s.HostPort()
	c.TLSConfig, c.Params = "true", map[string]string{dialect.RootParameter: s.Root.Inline()}
	return c.FormatDSN()
}
