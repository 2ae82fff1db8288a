package database

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/connections"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// benchTime bounds a benchmark spec natively.
const benchTime = 2 * time.Minute

// rounds returns how often a benchmark that measures by itself does so: once on a target whose speed is not its own, where
// it only has to show that the code runs.
func rounds() int { return check.IfNative(5, 1) }

// registerBenchmarks registers the benchmarks of a dialect.
func registerBenchmarks(d *dialect.Dialect) {
	for _, m := range []struct {
		text string
		body func(*dbtest.T)
	}{
		{"connect", benchConnect}, {"connect by TLS", benchSecure}, {"ping", benchPing}, {"prepared point query", benchPoint},
		{"insert of 1000 rows", benchInsert}, {"fetch of a million rows", benchFetch},
		{"transactions on 1, 8 and 64 connections", benchTransactions}, {"4 MiB written and read", benchLarge},
	} {
		spec(d, "benchmark: "+m.text, check.Bench(), check.Within(benchTime+10*time.Second), func() {
			dsn, _ := servers.Reach(d)
			ctx, cancel := context.WithTimeout(context.Background(), check.ScaledTimeout(benchTime))
			defer cancel()
			// Without TLS, as pgbench does it: the driver and the protocol are measured.
			db, err := d.Open(d.Clear(dsn))
			Expect(err).NotTo(HaveOccurred())
			defer db.Close()
			t := &dbtest.T{Dialect: d, Ctx: ctx, DSN: dsn, DB: db, Cleaner: servers.SharedPool(d, dsn), Key: m.text}
			switch o := t.Run(m.body); {
			case o.Skipped != nil:
				check.Skip(*o.Skipped)
			case !o.Passed():
				Fail(o.String())
			}
		})
	}
}

// bench measures op.
func bench(t *dbtest.T, name string, op func() error) {
	check.Benchmark(t.Name+"/"+name, func(b *testing.B) {
		for b.Loop() {
			if err := op(); err != nil {
				check.Fatal(b, err)
			}
		}
	})
}

func benchConnect(t *dbtest.T) {
	pool := t.Pool(t.Clear(connections.DefaultHashing(t)))
	pool.SetMaxIdleConns(-1)
	bench(t, "connect", func() error { return pool.PingContext(t.Ctx) })
}

func benchSecure(t *dbtest.T) {
	connections.NeedsTLS(t)
	pool := t.Pool(connections.DefaultHashing(t))
	pool.SetMaxIdleConns(-1)
	bench(t, "connect by TLS", func() error { return pool.PingContext(t.Ctx) })
}

func benchPing(t *dbtest.T) {
	bench(t, "ping", func() error { return t.DB.PingContext(t.Ctx) })
}

func benchPoint(t *dbtest.T) {
	table := t.Table("id {int} PRIMARY KEY, name {varchar}(20)")
	t.Exec("INSERT INTO " + table + " VALUES " + numbered(0, 1000))
	statement, err := t.DB.PrepareContext(t.Ctx, t.SQL("SELECT name FROM "+table+" WHERE id = ?"))
	t.Must(err, "prepare")
	defer statement.Close()
	i := 0
	bench(t, "point query", func() error {
		var name string
		i++
		return statement.QueryRowContext(t.Ctx, i%1000).Scan(&name)
	})
}

// numbered returns a list of rows (n, 'row n') for VALUES.
func numbered(from, to int) string {
	rows := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		rows = append(rows, fmt.Sprintf("(%d, 'row %d')", i, i))
	}
	return strings.Join(rows, ", ")
}

func benchInsert(t *dbtest.T) {
	table := t.Table("id {int}, name {varchar}(20)")
	query := t.SQL("INSERT INTO " + table + " VALUES " + strings.Repeat("(?, ?), ", 999) + "(?, ?)")
	args := make([]any, 2000)
	for i := range args {
		args[i] = i / 2
		if i%2 == 1 {
			args[i] = "row " + strconv.Itoa(i/2)
		}
	}
	bench(t, "insert of 1000 rows", func() error {
		_, err := t.DB.ExecContext(t.Ctx, query, args...)
		return err
	})
}

// benchFetch reads all rows of a table, and measures time, processor time and allocations per row.
func benchFetch(t *dbtest.T) {
	rows := check.IfNative(1<<20, 1<<12)
	table := t.Table("v {bigint}, name {varchar}(20)")
	t.Exec("INSERT INTO " + table + " VALUES (0, 'some name')")
	for n := 1; n < rows; n *= 2 {
		t.Exec("INSERT INTO " + table + " SELECT v + " + strconv.Itoa(n) + ", name FROM " + table)
	}
	query := "SELECT v, name FROM " + table
	t.Must(readAll(t, query, rows), "read") // on the first read PostgreSQL writes into each page which rows are valid
	check.BenchmarkEach(t.Name+"/fetch", rows, "row", func(b *testing.B) {
		for b.Loop() {
			if err := readAll(t, query, rows); err != nil {
				check.Fatal(b, err)
			}
		}
	})
}

// readAll reads all rows of a query. It returns an error if they are not want rows.
func readAll(t *dbtest.T, query string, want int) error {
	rows, err := t.DB.QueryContext(t.Ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	var v int64
	var name string
	for rows.Next() {
		if err := rows.Scan(&v, &name); err != nil {
			return err
		}
		n++
	}
	if rows.Err() == nil && n != want {
		return fmt.Errorf("%d rows of %d", n, want)
	}
	return rows.Err()
}

func sample(t *dbtest.T, name string, value float64, unit string, n int) {
	check.Sample(record.Sample{Name: t.Name + "/" + name, Value: value, Unit: unit, Better: record.Lower, N: n})
}

// benchTransactions runs transactions that read a row, change it and insert another, on several connections at the same
// time.
func benchTransactions(t *dbtest.T) {
	accounts := t.Table("id {int} PRIMARY KEY, v {int}")
	history := t.Table("id {int}, v {int}")
	values := make([]string, 1000)
	for i := range values {
		values[i] = fmt.Sprintf("(%d, 0)", i)
	}
	t.Exec("INSERT INTO " + accounts + " VALUES " + strings.Join(values, ", "))
	for _, connections := range []int{1, 8, 64}[:check.IfNative(3, 2)] {
		t.DB.SetMaxOpenConns(connections)
		t.DB.SetMaxIdleConns(connections)
		for range rounds() {
			transactionRound(t, connections, accounts, history)
		}
	}
}

// transactionRound runs transactions for the length of one round, and records their rate and latencies.
func transactionRound(t *dbtest.T, connections int, accounts, history string) {
	length := time.Duration(check.IfNative(500, 100)) * time.Millisecond
	latencies := make([][]time.Duration, connections)
	var all sync.WaitGroup
	began := time.Now()
	for c := range connections {
		all.Go(func() {
			for i := c; time.Since(began) < length; i += connections {
				var err error
				took := dbtest.Elapsed(func() { err = transaction(t, accounts, history, i%1000) })
				if err == nil {
					latencies[c] = append(latencies[c], took)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	sorted := slices.Sorted(slices.Values(slices.Concat(latencies...)))
	if len(sorted) == 0 {
		t.Fatalf("no transaction succeeded on %d connections", connections)
	}
	name := fmt.Sprintf("transaction/%d", connections)
	sample(t, name, float64(took)/float64(len(sorted)), "ns/op", len(sorted))
	sample(t, name+"/p50", float64(sorted[len(sorted)/2]), "ns/op", len(sorted))
	sample(t, name+"/p99", float64(sorted[len(sorted)*99/100]), "ns/op", len(sorted))
}

func transaction(t *dbtest.T, accounts, history string, id int) error {
	tx, err := t.DB.BeginTx(t.Ctx, &sql.TxOptions{})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var v int
	if err := tx.QueryRowContext(t.Ctx, t.SQL("SELECT v FROM "+accounts+" WHERE id = ?"), id).Scan(&v); err != nil {
		return err
	}
	if _, err := tx.ExecContext(t.Ctx, t.SQL("UPDATE "+accounts+" SET v = ? WHERE id = ?"), v+1, id); err != nil {
		return err
	}
	if _, err := tx.ExecContext(t.Ctx, t.SQL("INSERT INTO "+history+" VALUES (?, ?)"), id, v); err != nil {
		return err
	}
	return tx.Commit()
}

func benchLarge(t *dbtest.T) {
	table := t.Table("v {blob}")
	value := make([]byte, check.IfNative(4<<20, 256<<10))
	for i := range value {
		value[i] = byte(i * 7)
	}
	insert := t.SQL("INSERT INTO " + table + " VALUES (?)")
	check.Benchmark(t.Name+"/large value", func(b *testing.B) {
		b.SetBytes(2 * int64(len(value)))
		check.BeforeLoop(b)
		for b.Loop() {
			var got []byte
			if _, err := t.DB.ExecContext(t.Ctx, "DELETE FROM "+table); err != nil {
				check.Fatal(b, err)
			}
			if _, err := t.DB.ExecContext(t.Ctx, insert, value); err != nil {
				check.Fatal(b, err)
			}
			if err := t.DB.QueryRowContext(t.Ctx, "SELECT v FROM "+table).Scan(&got); err != nil {
				check.Fatal(b, err)
			}
			if len(got) != len(value) {
				check.Fatal(b, fmt.Errorf("%d bytes of %d", len(got), len(value)))
			}
		}
	})
}
