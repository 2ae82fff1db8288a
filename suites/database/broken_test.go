package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	postgresserver "github.com/xcmatrix/xcmatrix/drivers/servers/postgres"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// mended is what pgx needs to pass the behaviours that it is known not to have.
var mended = map[string]fault{
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

// related are the behaviours that fail together with another, since they rest on it.
var related = map[string][]string{"null": {"empty-bytes"}, "atomicity": {"ddl-rollback"},
	"phantom": {"lost-update"}, "lost-update": {"phantom"}}

// slow are the quick groups' behaviours that take their time.
var slow = []string{"deadline", "busy-pool", "prepared-concurrency", "parameter-limit", "large-values"}

// quick are the behaviours that every broken driver is tried on.
func quick() (all []behaviour) {
	for _, group := range [][]behaviour{numbers, floats, texts, times, values, statements, limits, transactions, anomalies[:3]} {
		for _, b := range group {
			if !slices.Contains(slow, b.key) {
				all = append(all, b)
			}
		}
	}
	return all
}

// throwAway is the data source name of a server for a test.
func throwAway(t *testing.T) string {
	if dsn := os.Getenv(postgres.Dialect.Env()); dsn != "" {
		return dsn
	}
	s, err := postgresserver.Start(t.Context(), t.TempDir())
	var absent *daemon.AbsentError
	if errors.As(err, &absent) {
		needs.Absent(t, needs.PostgreSQL, absent)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s.Address()
}

// TestBehavioursCanFail looks at each behaviour through a driver that is broken in just that: it fails, and no other that
// is tried does. Behaviours that mostly wait are looked at side by side, after those that count goroutines.
func TestBehavioursCanFail(t *testing.T) {
	dsn := throwAway(t)
	var waiting []behaviour
	for _, b := range behaviours(postgres.Dialect) {
		if b.within > 0 && b.key != "cancel-storm" {
			waiting = append(waiting, b)
			continue
		}
		t.Run(b.key, func(t *testing.T) { canFail(t, dsn, b) })
	}
	t.Run("those that wait", func(t *testing.T) {
		var all sync.WaitGroup
		for _, b := range waiting {
			all.Go(func() { canFail(t, dsn, b) })
		}
		all.Wait()
	})
}

func canFail(t *testing.T, dsn string, b behaviour) {
	if _, ok := breakages()[b.key]; !ok {
		t.Errorf("%s: no driver is broken in this", b.key)
		return
	}
	if o := tried(t, dsn, b, mended[b.key]); !o.good() || o.skipped != nil {
		t.Errorf("%s fails with a driver that is not broken: %v", b.key, o)
	}
	if o := tried(t, dsn, b, breakages()[b.key]); o.good() {
		t.Errorf("%s passes with a broken driver", b.key)
	}
	for _, other := range others(b) {
		if mended[other.key].in != nil || slices.Contains(related[b.key], other.key) {
			continue
		}
		if o := tried(t, dsn, other, breakages()[b.key]); !o.good() {
			t.Errorf("with a driver broken in %s, %s fails too: %v", b.key, other.key, o)
		}
	}
}

// others are the behaviours that a driver broken in b is tried on beside b: some of the quick ones, a different lot for
// each b, or all, which takes minutes, where XCMATRIX_TEST_OTHERS=all asks for that.
func others(b behaviour) []behaviour {
	all := quick()
	own := func(o behaviour) bool { return o.key == b.key }
	if os.Getenv("XCMATRIX_TEST_OTHERS") == "all" {
		return slices.DeleteFunc(all, own)
	}
	at := slices.IndexFunc(behaviours(postgres.Dialect), own)
	var some []behaviour
	for i := range 6 {
		some = append(some, all[(at*5+i*7)%len(all)])
	}
	return slices.DeleteFunc(some, own)
}

func tried(t *testing.T, dsn string, b behaviour, broken fault) outcome {
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
	ctx, cancel := context.WithTimeout(t.Context(), patient(b.limit()))
	defer cancel()
	db, err := d.Open(dsn)
	if err != nil {
		t.Error(err)
		return outcome{}
	}
	defer db.Close()
	trial := &trial{Dialect: &d, ctx: ctx, dsn: dsn, db: db, what: b.key, observe: func(string, json.RawMessage) {}}
	return trial.run(b.body)
}
