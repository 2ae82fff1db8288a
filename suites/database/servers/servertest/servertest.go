// Package servertest starts database servers for tests: one of each database, for all tests of a package.
package servertest

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// started is a server that was started, or the error.
type started struct {
	once   sync.Once
	server *daemon.Server
	dir    string
	err    error
}

// all holds a *started for each database, by its name.
var all sync.Map

// Main runs the tests of a package and stops the servers that they have started. It is for TestMain, and does not return.
func Main(m *testing.M) {
	status := m.Run()
	all.Range(func(_, value any) bool {
		s := value.(*started)
		if s.server != nil {
			s.server.Stop()
		}
		os.RemoveAll(s.dir)
		return true
	})
	os.Exit(status)
}

// start starts a server of the dialect when it is first called for it, and returns that result later, too.
func start(d *dialect.Dialect) (*daemon.Server, error) {
	value, _ := all.LoadOrStore(d.Name, new(started))
	s := value.(*started)
	s.once.Do(func() {
		throwaway, ok := servers.ThrowawayOf(d)
		if !ok {
			s.err = errors.New("no server of " + d.Title + " can be started")
			return
		}
		if s.dir, s.err = os.MkdirTemp("", "xcmatrix-servertest-"); s.err == nil {
			s.server, s.err = throwaway.StartServer(context.Background(), s.dir)
		}
	})
	return s.server, s.err
}

// Server returns a running server of the dialect, which all tests of the package share. If the server is not
// installed, the test is skipped; see package needs.
func Server(t testing.TB, d *dialect.Dialect) *daemon.Server {
	t.Helper()
	server, err := start(d)
	var absent *daemon.AbsentError
	if errors.As(err, &absent) {
		needs.Absent(t, needs.Server(absent.Program), absent)
	}
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// DSN returns the data source name of the server that the environment names; if it names none, that of Server.
func DSN(t testing.TB, d *dialect.Dialect) string {
	t.Helper()
	if dsn := os.Getenv(d.Env()); dsn != "" {
		return dsn
	}
	return Server(t, d).Address()
}

// Setenv names the servers that Server would return in the environment, for the length of a test. It leaves out those that
// are not installed.
func Setenv(t *testing.T) {
	t.Helper()
	for _, d := range servers.Startable {
		if os.Getenv(d.Env()) != "" {
			continue
		}
		server, err := start(d)
		var absent *daemon.AbsentError
		switch {
		case errors.As(err, &absent):
			needs.Partly(t, needs.Server(absent.Program), absent)
		case err != nil:
			t.Fatal(err)
		default:
			t.Setenv(d.Env(), server.Address())
		}
	}
}
