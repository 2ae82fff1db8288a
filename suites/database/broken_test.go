package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/suites/database/connections"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers/servertest"
	"github.com/xcmatrix/xcmatrix/suites/database/statements"
	"github.com/xcmatrix/xcmatrix/suites/database/transactions"
	"github.com/xcmatrix/xcmatrix/suites/database/values"
)

// fixes change pgx so that it passes the cases that it is known to fail, by the case's key.
var fixes = map[string]fault{
	"float-to-int":       {in: changed(func(v float64) any { return fmt.Sprint(v) })},
	"at-most-once/plain": onlyOnce,
	"at-most-once/default_query_exec_mode=simple_protocol": onlyOnce,
}

var onlyOnce = fault{err: func(err error) error {
	if errors.Is(err, driver.ErrBadConn) {
		return errors.New("lost")
	}
	return err
}}

// related are the cases that fail together with another, since they depend on the same thing.
var related = map[string][]string{"null": {"empty-bytes"}, "atomicity": {"ddl-rollback"},
	"phantom": {"lost-update"}, "lost-update": {"phantom"}}

// slow are the cases of quick's groups that take long.
var slow = []string{"deadline", "busy-pool", "prepared-concurrency", "parameter-limit", "large-values"}

// waits are the cases without a limit of their own that mostly wait.
var waits = []string{"deadline", "busy-pool", "commit-deadline"}

// quick returns the cases that every broken driver is tried on.
func quick() []dbtest.Case {
	all := slices.Concat(values.Cases, statements.Cases, connections.Login, transactions.Cases, connections.Pool, transactions.Anomalies)
	return slices.DeleteFunc(all, func(c dbtest.Case) bool { return slices.Contains(slow, c.Key) })
}

// TestCasesCanFail runs each case with a driver that is broken in just that: the case fails, and the others that are tried
// pass. cancel-storm counts goroutines, so that it runs alone. Cases that mostly wait run all at the same time, the others one
// after the other beside them.
func TestCasesCanFail(t *testing.T) {
	dsn := servertest.DSN(t, postgres.Dialect)
	var waiting, quick []dbtest.Case
	for _, c := range allCases(postgres.Dialect) {
		switch {
		case c.Key == "cancel-storm":
			t.Run(c.Key, func(t *testing.T) { canFail(t, dsn, c) })
		case c.Limit > 0 || slices.Contains(waits, c.Key):
			waiting = append(waiting, c)
		default:
			quick = append(quick, c)
		}
	}
	t.Run("side by side", func(t *testing.T) {
		var all sync.WaitGroup
		for _, c := range waiting {
			all.Go(func() { canFail(t, dsn, c) })
		}
		for _, c := range quick {
			canFail(t, dsn, c)
		}
		all.Wait()
	})
}

func canFail(t *testing.T, dsn string, c dbtest.Case) {
	if _, ok := breakages()[c.Key]; !ok {
		t.Errorf("%s: no driver is broken in this", c.Key)
		return
	}
	if o := runWith(t, dsn, c, fixes[c.Key]); !o.Passed() || o.Skipped != nil {
		t.Errorf("%s fails with a driver that is not broken: %v", c.Key, o)
	}
	if o := runWith(t, dsn, c, breakages()[c.Key]); o.Passed() {
		t.Errorf("%s passes with a broken driver", c.Key)
	}
	for _, other := range others(c) {
		if fixes[other.Key].in != nil || slices.Contains(related[c.Key], other.Key) {
			continue
		}
		if o := runWith(t, dsn, other, breakages()[c.Key]); !o.Passed() {
			t.Errorf("with a driver broken in %s, %s fails too: %v", c.Key, other.Key, o)
		}
	}
}

// others returns the cases that a driver broken in c is tried on beside c: six of the quick ones, different ones for each c.
// With XCMATRIX_TEST_OTHERS=all it returns all quick ones, which takes minutes.
func others(c dbtest.Case) []dbtest.Case {
	all := quick()
	same := func(other dbtest.Case) bool { return other.Key == c.Key }
	if os.Getenv("XCMATRIX_TEST_OTHERS") == "all" {
		return slices.DeleteFunc(all, same)
	}
	at := slices.IndexFunc(allCases(postgres.Dialect), same)
	var some []dbtest.Case
	for i := range 6 {
		some = append(some, all[(at*5+i*7)%len(all)])
	}
	return slices.DeleteFunc(some, same)
}

// runWith runs a case with pgx, changed by a fault.
func runWith(t *testing.T, dsn string, c dbtest.Case, broken fault) dbtest.Outcome {
	d := *postgres.Dialect
	d.Open = func(dsn string, settings ...dialect.Setting) (*sql.DB, error) {
		config, err := postgres.Config(dsn, settings...)
		if err != nil {
			return nil, err
		}
		if broken.config != nil {
			broken.config(config)
		}
		return sql.OpenDB(brokenConnector{stdlib.GetConnector(*config), broken}), nil
	}
	if broken.insecure {
		d.Secure = func(dsn, _ string) (*sql.DB, error) {
			return postgres.Open(dsn, dialect.Setting{Key: "sslmode", Value: "require"})
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), dbtest.ScaleByLoad(c.TimeLimit()))
	defer cancel()
	db, err := d.Open(dsn)
	if err != nil {
		t.Error(err)
		return dbtest.Outcome{}
	}
	defer db.Close()
	run := &dbtest.T{Dialect: &d, Ctx: ctx, DSN: dsn, DB: db, Key: c.Key}
	return run.Run(c.Check)
}
