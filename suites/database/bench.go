package database

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// benchmarks measure the driver and the machine with one connection.
func benchmarks() {
	It("benchmark: prepared point query", check.Bench(), check.Within(time.Minute), func(ctx SpecContext) { pointQuery(ctx) })
}

func pointQuery(ctx context.Context) {
	conn := connect(ctx)
	_, err := conn.Exec(ctx, `CREATE TEMPORARY TABLE point (id int PRIMARY KEY, name text);
		INSERT INTO point SELECT i, 'row ' || i FROM generate_series(1, 10000) i; ANALYZE point`)
	Expect(err).NotTo(HaveOccurred())
	check.Benchmark("pgx/point query", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			var name string
			if err := conn.QueryRow(ctx, "SELECT name FROM point WHERE id = $1", i%10000+1).Scan(&name); err != nil {
				b.Fatal(err)
			}
		}
	})
}
