package database_test

import (
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/xcmatrix/xcmatrix/drivers/postgres"
)

// BenchmarkFidelity is what `go test -bench` finds where the suite's own benchmark fetches a million rows: see
// `xcmatrix bench fidelity`.
func BenchmarkFidelity(b *testing.B) {
	if os.Getenv(postgres.Dialect.Env()) == "" {
		b.Skip(postgres.Dialect.Env() + " is not set")
	}
	db, err := inTheClear()
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const rows = 1 << 20
	if !filled {
		fill(b, db, rows)
		filled = true
	}
	b.Run("postgres/fetch", func(b *testing.B) {
		for b.Loop() {
			if n := readAll(b, db, "SELECT v, name FROM fidelity"); n != rows {
				b.Fatalf("%d rows of %d", n, rows)
			}
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/rows, "ns/row")
	})
}

// filled tells whether the table is there: a process that measures five times does so in one, as benchFetch does.
var filled bool

// TestMain leaves no table behind: the server may be the user's.
func TestMain(m *testing.M) {
	code := m.Run()
	if filled {
		if err := drop(); err != nil {
			fmt.Fprintln(os.Stderr, "the table fidelity stays:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func drop() error {
	db, err := inTheClear()
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec("DROP TABLE fidelity")
	return err
}

func inTheClear() (*sql.DB, error) {
	return postgres.Dialect.Open(postgres.Dialect.Clear(os.Getenv(postgres.Dialect.Env())))
}

func fill(b *testing.B, db *sql.DB, rows int) {
	exec := func(query string) {
		if _, err := db.ExecContext(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
	exec("DROP TABLE IF EXISTS fidelity")
	exec("CREATE TABLE fidelity (v bigint, name varchar(20))")
	exec("INSERT INTO fidelity VALUES (0, 'some name')")
	for n := 1; n < rows; n *= 2 {
		exec("INSERT INTO fidelity SELECT v + " + strconv.Itoa(n) + ", name FROM fidelity")
	}
	readAll(b, db, "SELECT v, name FROM fidelity") // as in benchFetch
}

func readAll(b *testing.B, db *sql.DB, query string) (n int) {
	rows, err := db.QueryContext(b.Context(), query)
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
