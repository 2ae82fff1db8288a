package database

import (
	"context"
	"crypto/md5"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// execModes are pgx's modes to send a query; connection poolers and gateways accept only the last two.
var execModes = []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"}

// pgxSpecs registers the specs of pgx's own interface.
func pgxSpecs() {
	for _, mode := range execModes {
		spec(postgres.Dialect, "natively, mode "+mode+": every type comes back equal", func(ctx SpecContext) { nativeTypes(ctx, mode) })
	}
	spec(postgres.Dialect, "natively: a batch is one transaction", func(ctx SpecContext) { nativeBatch(ctx) })
	spec(postgres.Dialect, "natively: COPY writes 10000 rows", func(ctx SpecContext) { nativeCopy(ctx) })
	spec(postgres.Dialect, "natively: a float8 that int64 cannot hold is refused", check.Finding(scanFinding), func(ctx SpecContext) { nativeScan(ctx) })
	spec(postgres.Dialect, "natively: a notification arrives", func(ctx SpecContext) { nativeNotify(ctx) })
}

// connect opens a connection of pgx, which is closed at the end of the spec.
func connect(ctx context.Context, settings ...dialect.Setting) *pgx.Conn {
	GinkgoHelper()
	dsn, _ := servers.Reach(postgres.Dialect)
	config, err := postgres.Config(dsn, settings...)
	Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithTimeout(ctx, dbtest.DefaultLimit)
	DeferCleanup(cancel)
	conn, err := pgx.ConnectConfig(ctx, config)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx SpecContext) { conn.Close(ctx) })
	return conn
}

// nativeTypes checks a value of each type in a mode.
func nativeTypes(ctx context.Context, mode string) {
	conn := connect(ctx, dialect.Setting{Key: "default_query_exec_mode", Value: mode})
	same(ctx, conn, mode, "int4", int32(-1<<31))
	same(ctx, conn, mode, "int8", int64(1<<63-1))
	same(ctx, conn, mode, "float8", 0.1)
	same(ctx, conn, mode, "bool", true)
	same(ctx, conn, mode, "text", "中文𠮷'\\")
	same(ctx, conn, mode, "bytea", []byte{0, 255, 92, 39})
	same(ctx, conn, mode, "timestamptz", time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.UTC).Local())
	same(ctx, conn, mode, "date", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC))
	same(ctx, conn, mode, "uuid", pgtype.UUID{Bytes: [16]byte{1, 2, 3}, Valid: true})
	same(ctx, conn, mode, "int4[]", []int32{1, -2, 3})
	var document map[string]any
	Expect(conn.QueryRow(ctx, "SELECT $1::jsonb", `{"键": [1, null]}`).Scan(&document)).To(Succeed())
	Expect(document).To(Equal(map[string]any{"键": []any{1.0, nil}}))
}

// same checks that a value that is sent as a parameter comes back equal.
func same[T any](ctx context.Context, conn *pgx.Conn, mode, kind string, value T) {
	GinkgoHelper()
	var got T
	err := conn.QueryRow(ctx, "SELECT $1::"+kind, value).Scan(&got)
	Expect(err).NotTo(HaveOccurred(), kind)
	check.Observe("pgx/"+mode+"/"+kind, fmt.Sprint(got))
	Expect(got).To(Equal(value), kind)
}

func nativeBatch(ctx context.Context) {
	conn := connect(ctx)
	_, err := conn.Exec(ctx, "CREATE TEMPORARY TABLE batch (v int PRIMARY KEY)")
	Expect(err).NotTo(HaveOccurred())
	var batch pgx.Batch
	for _, v := range []int{1, 2, 1, 3} {
		batch.Queue("INSERT INTO batch VALUES ($1)", v)
	}
	code := postgres.Code(conn.SendBatch(ctx, &batch).Close())
	check.Observe("pgx/code of a batch", code)
	Expect(code).To(Equal("23505"))
	var n int
	Expect(conn.QueryRow(ctx, "SELECT count(*) FROM batch").Scan(&n)).To(Succeed())
	check.Observe("pgx/rows after a failed batch", n)
	Expect(n).To(BeZero())
}

func nativeCopy(ctx context.Context) {
	conn := connect(ctx)
	_, err := conn.Exec(ctx, "CREATE TEMPORARY TABLE copied (id int, name text)")
	Expect(err).NotTo(HaveOccurred())
	const rows = 10000
	n, err := conn.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"id", "name"},
		pgx.CopyFromSlice(rows, func(i int) ([]any, error) { return []any{i, fmt.Sprint("行", i)}, nil }))
	Expect(err).NotTo(HaveOccurred())
	Expect(n).To(BeEquivalentTo(rows))
	var sum string
	Expect(conn.QueryRow(ctx, "SELECT md5(string_agg(id || name, ',' ORDER BY id)) FROM copied").Scan(&sum)).To(Succeed())
	check.Observe("pgx/digest of copied rows", sum)
	Expect(sum).To(Equal(copiedDigest(rows)))
}

func nativeNotify(ctx context.Context) {
	conn := connect(ctx)
	_, err := conn.Exec(ctx, "LISTEN xcmatrix")
	Expect(err).NotTo(HaveOccurred())
	_, err = conn.Exec(ctx, "SELECT pg_notify('xcmatrix', '你好')")
	Expect(err).NotTo(HaveOccurred())
	bounded, cancel := context.WithTimeout(ctx, dbtest.DefaultLimit)
	defer cancel()
	n, err := conn.WaitForNotification(bounded)
	Expect(err).NotTo(HaveOccurred())
	Expect(n.Payload).To(Equal("你好"))
}

// copiedDigest returns the digest that the server must compute from the copied rows.
func copiedDigest(rows int) string {
	all := make([]string, rows)
	for i := range all {
		all[i] = fmt.Sprint(i, "行", i)
	}
	return fmt.Sprintf("%x", md5.Sum([]byte(strings.Join(all, ","))))
}

const scanFinding = "database/pgx/float-scan"

// nativeScan reads floats that no int64 can hold: pgx converts them before it looks (see package values).
func nativeScan(ctx context.Context) {
	conn := connect(ctx)
	wrong := ""
	for _, text := range []string{"9223372036854775808", "-18446744073709551616", "NaN"} {
		var got int64
		outcome := "refused"
		if conn.QueryRow(ctx, "SELECT '"+text+"'::float8").Scan(&got) == nil {
			outcome = fmt.Sprint(got)
			wrong += fmt.Sprintf("float8 %s is read as %d; ", text, got)
		}
		check.Observe("pgx/float8 "+text+" into int64", outcome)
	}
	if wrong != "" {
		d := postgres.Dialect
		check.Report(record.Finding{ID: scanFinding, Subject: d.Library, Version: check.ModuleVersion(d.Module), Severity: record.High, Evidence: wrong})
		Fail(wrong)
	}
}
