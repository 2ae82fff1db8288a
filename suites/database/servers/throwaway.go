package servers

import (
	"context"
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/mysql"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/drivers/servers/mariadb"
	postgresserver "github.com/xcmatrix/xcmatrix/drivers/servers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Throwaway starts servers of a dialect that live no longer than a run. It is the check.Service of the dialect.
type Throwaway struct {
	dialect *dialect.Dialect
	start   func(ctx context.Context, dir string) (*daemon.Server, error)
	here    func() error // nil if the server's program is installed
}

var throwaways = []Throwaway{{postgres.Dialect, postgresserver.Start, postgresserver.Installed}, {mysql.Dialect, mariadb.Start, mariadb.Installed}}

// Services returns what the coordinator starts for the suite.
func Services() (all []check.Service) {
	for _, t := range throwaways {
		all = append(all, t)
	}
	return all
}

// ThrowawayOf returns what starts servers of a dialect, and whether there is such a thing.
func ThrowawayOf(d *dialect.Dialect) (Throwaway, bool) {
	i := slices.IndexFunc(throwaways, func(t Throwaway) bool { return t.dialect.Name == d.Name })
	if i < 0 {
		return Throwaway{}, false
	}
	return throwaways[i], true
}

// Name returns the database's name.
func (t Throwaway) Name() string { return t.dialect.Name }

// StartServer starts a server in dir, an empty directory. If the server's programs are not installed, the error is a
// *daemon.AbsentError.
func (t Throwaway) StartServer(ctx context.Context, dir string) (*daemon.Server, error) {
	return t.start(ctx, dir)
}

// Variable returns the variable that holds the server's data source name.
func (t Throwaway) Variable() string { return t.dialect.Env() }

// Installed reports whether the server's program is installed on this machine.
func (t Throwaway) Installed() bool { return t.here() == nil }

// Start starts a server, and returns its data source name; see check.Service.
func (t Throwaway) Start(ctx context.Context, dir string) (dsn string, stop func(), err error) {
	server, err := t.start(ctx, dir)
	var absent *daemon.AbsentError
	switch {
	case errors.As(err, &absent):
		return "", nil, &check.Missing{
			Reason: record.Sayf("%s is not installed", "未安装 %s", t.dialect.Title),
			Remedy: remedyOf(t.dialect)}
	case err != nil:
		return "", nil, err
	}
	return server.Address(), server.Stop, nil
}

// remedyOf returns how to get a server of the dialect.
func remedyOf(d *dialect.Dialect) record.Sentence {
	if _, ok := ThrowawayOf(d); ok {
		return record.Sayf("make setup, or name a server: %[1]s=%[2]s", "运行 make setup，或指定服务器：%[1]s=%[2]s", d.Env(), d.Example)
	}
	return record.Sayf("name a server: %s=%s", "请指定服务器：%s=%s", d.Env(), d.Example)
}
