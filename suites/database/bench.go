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
)

// benchTime bounds a benchmark spec natively.
const benchTime = 2 * time.Minute

// rounds and rows are fewer where speed is not the target's: there a benchmark only shows that the code runs.
func rounds() int { return check.Natively(5, 1) }

// measure registers the benchmarks of a dialect.
func measure(d *dialect.Dialect) {
	for _, m := range []struct {
		text string
		body func(*trial)
	}{
		{"connect", benchConnect}, {"connect by TLS", benchSecure}, {"ping", benchPing}, {"prepared point query", benchPoint},
		{"insert of 1000 rows", benchInsert}, {"fetch of a million rows", benchFetch},
		{"transactions on 1, 8 and 64 connections", benchTransactions}, {"4 MiB written and read", benchLarge},
	} {
		asked(d, "benchmark: "+m.text, check.Bench(), check.Within(benchTime+10*time.Second), func() {
			dsn := reach(d)
			ctx, cancel := context.WithTimeout(context.Background(), check.Stretched(benchTime))
			defer cancel()
			// In the clear, as pgbench: what is measured is the driver and the protocol.
			db, err := d.Open(d.Clear(dsn))
			Expect(err).NotTo(HaveOccurred())
			defer db.Close()
			t := &trial{Dialect: d, ctx: ctx, dsn: dsn, db: db, sweeper: common(d, dsn), what: m.text}
			switch o := t.run(m.body); {
			case o.skipped != nil:
				check.Skip(*o.skipped)
			case !o.good():
				Fail(o.String())
			}
		})
	}
}

func (t *trial) bench(name string, op func() error) {
	check.Benchmark(t.Name+"/"+name, func(b *testing.B) {
		for b.Loop() {
			if err := op(); err != nil {
				check.Fatal(b, err)
			}
		}
	})
}

func benchConnect(t *trial) {
	pool := t.open(t.Clear(t.ordinary()))
	pool.SetMaxIdleConns(-1)
	t.bench("connect", func() error { return pool.PingContext(t.ctx) })
}

func benchSecure(t *trial) {
	t.needsTLS()
	pool := t.open(t.ordinary())
	pool.SetMaxIdleConns(-1)
	t.bench("connect by TLS", func() error { return pool.PingContext(t.ctx) })
}

func benchPing(t *trial) {
	t.bench("ping", func() error { return t.db.PingContext(t.ctx) })
}

func benchPoint(t *trial) {
	table := t.table("id {int} PRIMARY KEY, name {varchar}(20)")
	t.exec("INSERT INTO " + table + " VALUES " + numbered(0, 1000))
	statement, err := t.db.PrepareContext(t.ctx, t.SQL("SELECT name FROM "+table+" WHERE id = ?"))
	t.must(err, "prepare")
	defer statement.Close()
	i := 0
	t.bench("point query", func() error {
		var name string
		i++
		return statement.QueryRowContext(t.ctx, i%1000).Scan(&name)
	})
}

// numbered is a list of rows (n, 'row n').
func numbered(from, to int) string {
	rows := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		rows = append(rows, fmt.Sprintf("(%d, 'row %d')", i, i))
	}
	return strings.Join(rows, ", ")
}

func benchInsert(t *trial) {
	table := t.table("id {int}, name {varchar}(20)")
	query := t.SQL("INSERT INTO " + table + " VALUES " + strings.Repeat("(?, ?), ", 999) + "(?, ?)")
	args := make([]any, 2000)
	for i := range args {
		args[i] = i / 2
		if i%2 == 1 {
			args[i] = "row " + strconv.Itoa(i/2)
		}
	}
	t.bench("insert of 1000 rows", func() error {
		_, err := t.db.ExecContext(t.ctx, query, args...)
		return err
	})
}

// benchFetch reads all of a table: time, processor time and allocations a row.
func benchFetch(t *trial) {
	rows := check.Natively(1<<20, 1<<12)
	table := t.table("v {bigint}, name {varchar}(20)")
	t.exec("INSERT INTO " + table + " VALUES (0, 'some name')")
	for n := 1; n < rows; n *= 2 {
		t.exec("INSERT INTO " + table + " SELECT v + " + strconv.Itoa(n) + ", name FROM " + table)
	}
	query := "SELECT v, name FROM " + table
	t.must(t.readAll(query, rows), "read") // the first read has PostgreSQL write to each page which rows are valid
	check.BenchmarkEach(t.Name+"/fetch", rows, "row", func(b *testing.B) {
		for b.Loop() {
			if err := t.readAll(query, rows); err != nil {
				check.Fatal(b, err)
			}
		}
	})
}

func (t *trial) readAll(query string, want int) error {
	rows, err := t.db.QueryContext(t.ctx, query)
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

func (t *trial) sample(name string, value float64, unit string, n int) {
	check.Sample(record.Sample{Name: t.Name + "/" + name, Value: value, Unit: unit, Better: record.Lower, N: n})
}

// benchTransactions has each connection read a row, change it and write another, as long as the round lasts.
func benchTransactions(t *trial) {
	accounts := t.table("id {int} PRIMARY KEY, v {int}")
	history := t.table("id {int}, v {int}")
	values := make([]string, 1000)
	for i := range values {
		values[i] = fmt.Sprintf("(%d, 0)", i)
	}
	t.exec("INSERT INTO " + accounts + " VALUES " + strings.Join(values, ", "))
	for _, connections := range []int{1, 8, 64}[:check.Natively(3, 2)] {
		t.db.SetMaxOpenConns(connections)
		t.db.SetMaxIdleConns(connections)
		for range rounds() {
			t.transactionRound(connections, accounts, history)
		}
	}
}

func (t *trial) transactionRound(connections int, accounts, history string) {
	length := time.Duration(check.Natively(500, 100)) * time.Millisecond
	latencies := make([][]time.Duration, connections)
	var all sync.WaitGroup
	began := time.Now()
	for c := range connections {
		all.Go(func() {
			for i := c; time.Since(began) < length; i += connections {
				var err error
				took := timed(func() { err = t.transaction(accounts, history, i%1000) })
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
		t.stop("no transaction succeeded on %d connections", connections)
	}
	name := fmt.Sprintf("transaction/%d", connections)
	t.sample(name, float64(took)/float64(len(sorted)), "ns/op", len(sorted))
	t.sample(name+"/p50", float64(sorted[len(sorted)/2]), "ns/op", len(sorted))
	t.sample(name+"/p99", float64(sorted[len(sorted)*99/100]), "ns/op", len(sorted))
}

func (t *trial) transaction(accounts, history string, id int) error {
	tx, err := t.db.BeginTx(t.ctx, &sql.TxOptions{})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var v int
	if err := tx.QueryRowContext(t.ctx, t.SQL("SELECT v FROM "+accounts+" WHERE id = ?"), id).Scan(&v); err != nil {
		return err
	}
	if _, err := tx.ExecContext(t.ctx, t.SQL("UPDATE "+accounts+" SET v = ? WHERE id = ?"), v+1, id); err != nil {
		return err
	}
	if _, err := tx.ExecContext(t.ctx, t.SQL("INSERT INTO "+history+" VALUES (?, ?)"), id, v); err != nil {
		return err
	}
	return tx.Commit()
}

func benchLarge(t *trial) {
	table := t.table("v {blob}")
	value := make([]byte, check.Natively(4<<20, 256<<10))
	for i := range value {
		value[i] = byte(i * 7)
	}
	insert := t.SQL("INSERT INTO " + table + " VALUES (?)")
	check.Benchmark(t.Name+"/large value", func(b *testing.B) {
		b.SetBytes(2 * int64(len(value)))
		check.Begin(b)
		for b.Loop() {
			var got []byte
			if _, err := t.db.ExecContext(t.ctx, "DELETE FROM "+table); err != nil {
				check.Fatal(b, err)
			}
			if _, err := t.db.ExecContext(t.ctx, insert, value); err != nil {
				check.Fatal(b, err)
			}
			if err := t.db.QueryRowContext(t.ctx, "SELECT v FROM "+table).Scan(&got); err != nil {
				check.Fatal(b, err)
			}
			if len(got) != len(value) {
				check.Fatal(b, fmt.Errorf("%d bytes of %d", len(got), len(value)))
			}
		}
	})
}
