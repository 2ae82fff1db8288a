package cli

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// BenchmarkFidelity is what `go test -bench` finds where the suites' own benchmarks measure the same calls, in the file
// that is also the payload: see `xcmatrix bench fidelity`.
func BenchmarkFidelity(b *testing.B) {
	b.Run("crypto", func(b *testing.B) {
		for _, s := range subject.All() {
			b.Run("SM3/1KiB/"+s.Name, func(b *testing.B) { sm3(b, s, 1<<10) })
			b.Run("SM3/1MiB/"+s.Name, func(b *testing.B) { sm3(b, s, 1<<20) })
		}
	})
	b.Run("database", func(b *testing.B) {
		if os.Getenv(postgres.Dialect.Env()) == "" {
			b.Skip("long form: " + postgres.Dialect.Env() + " is not set")
		}
		b.Run("postgres/fetch", fetch)
	})
}

func sm3(b *testing.B, s subject.Subject, size int) {
	msg := make([]byte, size)
	b.SetBytes(int64(size))
	for b.Loop() {
		s.Hash.Sum(msg)
	}
}

func fetch(b *testing.B) {
	const rows = 1 << 20
	if filled == nil {
		fill(b, rows)
	}
	for b.Loop() {
		if n := readAll(b, filled); n != rows {
			b.Fatalf("%d rows of %d", n, rows)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/rows, "ns/row")
}

// filled is where the table is, nil before it is: a process that measures five times fills it once and keeps its
// connection, as the suite does.
var filled *sql.DB

func fill(b *testing.B, rows int) {
	var err error
	if filled, err = postgres.Dialect.Open(postgres.Dialect.Clear(os.Getenv(postgres.Dialect.Env()))); err != nil {
		b.Fatal(err)
	}
	exec := func(query string) {
		if _, err := filled.ExecContext(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
	exec("DROP TABLE IF EXISTS fidelity")
	exec("CREATE TABLE fidelity (v bigint, name varchar(20))")
	exec("INSERT INTO fidelity VALUES (0, 'some name')")
	for n := 1; n < rows; n *= 2 {
		exec("INSERT INTO fidelity SELECT v + " + strconv.Itoa(n) + ", name FROM fidelity")
	}
	readAll(b, filled) // as in the suite
}

func readAll(b *testing.B, db *sql.DB) (n int) {
	rows, err := db.QueryContext(b.Context(), "SELECT v, name FROM fidelity")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	var v int64
	var name string
	for rows.Next() {
		if err := rows.Scan(&v, &name); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return n
}

// empty drops the table: the server may be the user's.
func empty() error {
	if filled == nil {
		return nil
	}
	defer filled.Close()
	if _, err := filled.ExecContext(context.Background(), "DROP TABLE fidelity"); err != nil {
		return fmt.Errorf("the table fidelity stays: %w", err)
	}
	return nil
}
