package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// pgxBenchmarks registers the benchmarks that only PostgreSQL has.
func pgxBenchmarks() {
	spec(postgres.Dialect, "benchmark: COPY of 10000 rows", check.Bench(), check.Within(benchTime), func(ctx SpecContext) { benchCopy(ctx) })
	spec(postgres.Dialect, "benchmark: pgbench on the same server", check.Bench(), check.Within(benchTime), func(ctx SpecContext) { benchPgbench(ctx) })
}

func benchCopy(ctx context.Context) {
	conn := connect(ctx)
	_, err := conn.Exec(ctx, "CREATE TEMPORARY TABLE copied (id int, name text)")
	Expect(err).NotTo(HaveOccurred())
	rows := make([][]any, 10000)
	for i := range rows {
		rows[i] = []any{i, "row " + strconv.Itoa(i)}
	}
	check.Benchmark("postgres/COPY of 10000 rows", func(b *testing.B) {
		for b.Loop() {
			if _, err := conn.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"id", "name"}, pgx.CopyFromRows(rows)); err != nil {
				check.Fatal(b, err)
			}
		}
	})
}

// average matches the result that pgbench prints.
var average = pattern.Of(`latency average = ([0-9.]+) ms`)

// benchPgbench runs pgbench, PostgreSQL's own benchmark client in C, for comparison with the Go driver: select only, eight
// connections.
func benchPgbench(ctx context.Context) {
	dsn, _ := servers.Reach(postgres.Dialect)
	if !check.Native() {
		check.Skip(record.Say("pgbench is a program of the host, not of the target", "pgbench 是宿主机的程序，不属于目标"))
	}
	program, err := daemon.Find("pgbench", "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
	var absent *daemon.AbsentError
	if errors.As(err, &absent) {
		check.Miss(record.Say("pgbench is not installed", "未安装 pgbench"), record.Say("make setup", "运行 make setup"))
	}
	Expect(err).NotTo(HaveOccurred())
	var there bool
	Expect(connect(ctx).QueryRow(ctx, "SELECT to_regclass('pgbench_accounts') IS NOT NULL").Scan(&there)).To(Succeed())
	if there {
		check.Skip(record.Say("the database has tables of pgbench, which would be lost", "数据库中已有 pgbench 的表，运行会丢失其数据"))
	}
	config, err := postgres.Config(postgres.Plain(dsn))
	Expect(err).NotTo(HaveOccurred())
	mode := "prefer"
	if config.TLSConfig == nil {
		mode = "disable"
	}
	run := func(args ...string) string {
		cmd := exec.CommandContext(ctx, program, append(args, "-h", config.Host, "-p", fmt.Sprint(config.Port), "-U", config.User, config.Database)...)
		cmd.Env = append(os.Environ(), "PGPASSWORD="+config.Password, "PGSSLMODE="+mode)
		out, err := cmd.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
		return string(out)
	}
	run("-i", "-q", "-s", "1")
	defer run("-i", "-I", "d")
	for range rounds() {
		out := run("-S", "-n", "-c", "8", "-j", "2", "-t", "500", "-M", "prepared")
		found := average().FindStringSubmatch(out)
		Expect(found).To(HaveLen(2), out)
		ms, err := strconv.ParseFloat(found[1], 64)
		Expect(err).NotTo(HaveOccurred())
		check.Sample(record.Sample{Name: "postgres/pgbench select/8", Value: ms * 1e6, Unit: "ns/op", Better: record.Lower})
	}
}
