package database

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// ownPool are the keys of the cases that set limits on their pool, so that they cannot use the shared one.
var ownPool = []string{"prepared-concurrency", "alter-table", "busy-pool", "cancel-storm"}

// sharesPool reports whether a case uses the shared pool: under an emulator, where each connection is slow.
func sharesPool(c dbtest.Case) bool { return !check.Native() && !slices.Contains(ownPool, c.Key) }

// runCase runs a case for a dialect and ends the spec accordingly.
func runCase(d *dialect.Dialect, c dbtest.Case) {
	skipWithStandIn(d, c)
	dsn, server := servers.Reach(d)
	group := servers.Group(d)
	if servers.HasStandIn(d) {
		d = servers.WithStandIn(d)
	}
	d = d.In(server.Mode)
	ctx, cancel := context.WithTimeout(context.Background(), check.ScaledTimeout(c.TimeLimit()))
	defer cancel()
	shared := servers.SharedPool(d, dsn)
	db := shared
	if !sharesPool(c) {
		var err error
		if db, err = d.Open(servers.ManyDSN(d, dsn)); err != nil {
			servers.MissServer(d, dsn, err)
		}
		defer db.Close()
	}
	t := &dbtest.T{Dialect: d, Ctx: ctx, DSN: dsn, DB: db, Cleaner: shared, Key: c.Key,
		Record: func(name string, value json.RawMessage) { check.Observe(group+"/"+name, value) }}
	t.WatchServer()
	endSpec(t, c, t.Run(c.Check))
}

// endSpec ends the spec by a case's outcome. A mismatch is not reported as the driver's if the server was in trouble or the
// machine was too busy.
func endSpec(t *dbtest.T, c dbtest.Case, o dbtest.Outcome) {
	GinkgoHelper()
	switch {
	case o.Skipped != nil:
		check.Skip(*o.Skipped)
	case o.Missing != nil:
		check.Miss(o.Missing.Reason, o.Missing.Remedy)
	case o.Passed():
		return
	case t.ServerTrouble() != "":
		check.Error(record.Sayf("the server of %[1]s has a problem (%[2]s), such as a full disk, no memory or an internal error: see its log",
			"%[1]s 自身出现问题（%[2]s），例如磁盘已满、内存不足或内部错误：请查看服务器日志", t.Title, t.ServerTrouble()))
	case errors.Is(t.Ctx.Err(), context.DeadlineExceeded) && dbtest.Overloaded():
		check.Error(record.Sayf("not finished after %[1]v on a machine with %.1[2]f tasks for each processor: run it again when the machine is idle",
			"%[1]v 内未结束，而本机每个处理器有 %.1[2]f 个任务：请在空闲时重新运行", check.ScaledTimeout(c.TimeLimit()), dbtest.Load()))
	}
	check.Report(record.Finding{ID: c.Finding(t.Library), Subject: t.Library, Version: check.ModuleVersion(t.Module), Severity: c.Severity,
		Evidence: o.String()})
	Fail(o.String())
}
