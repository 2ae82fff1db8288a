package database

import (
	"context"
	"errors"
	"os"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/mysql"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/drivers/servers/mariadb"
	postgresserver "github.com/xcmatrix/xcmatrix/drivers/servers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// throwaway is a server of a dialect that the coordinator starts for one run, unless the user names one.
type throwaway struct {
	dialect *dialect.Dialect
	start   func(ctx context.Context, dir string) (*daemon.Server, error)
}

var throwaways = []throwaway{{postgres.Dialect, postgresserver.Start}, {mysql.Dialect, mariadb.Start}}

var services = []check.Service{throwaways[0], throwaways[1]}

func (s throwaway) Name() string { return s.dialect.Name }

func (s throwaway) Start(ctx context.Context, dir string) (env []string, stop func(), err error) {
	if given := os.Getenv(s.dialect.Env()); given != "" {
		return []string{s.dialect.Env() + "=" + given}, func() {}, nil
	}
	server, err := s.start(ctx, dir)
	var absent *daemon.AbsentError
	switch {
	case errors.As(err, &absent):
		return nil, nil, &check.Missing{
			Reason: record.Sayf("%s is not installed", "未安装 %s", s.dialect.Title),
			Remedy: remedy(s.dialect)}
	case err != nil:
		return nil, nil, err
	}
	return []string{s.dialect.Env() + "=" + server.Address()}, server.Stop, nil
}

// remedy says how to get a server of the dialect.
func remedy(d *dialect.Dialect) record.Sentence {
	for _, s := range services {
		if s.Name() == d.Name {
			return record.Sayf("make setup, or name a server: %[1]s=%[2]s", "运行 make setup，或指定服务器：%[1]s=%[2]s", d.Env(), d.Example)
		}
	}
	return record.Sayf("name a server: %s=%s", "请指定服务器：%s=%s", d.Env(), d.Example)
}
