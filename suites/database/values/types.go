package values

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

var types = []dbtest.Case{
	{Text: "BOOLEAN through any", Key: "boolean",
		Severity: record.Medium, Check: boolean,
		Source: "Go, database/sql/driver.Value: bool"},
	{Text: "the Go types that a driver gives for any", Key: "dynamic-types",
		Severity: record.Medium, Check: dynamicTypes,
		Source: "Go, database/sql/driver.Value: the types that a driver returns"},
	{Text: "column types are described", Key: "column-types",
		Severity: record.Low, Check: columnTypes,
		Source: "Go, database/sql.ColumnType"},
}

func boolean(t *dbtest.T) {
	got, code := dbtest.RoundTrip[any](t, t.Table("v {bool}"), true)
	t.Expect("BOOLEAN as any", dbtest.ValueOrCode(fmt.Sprintf("%T %v", got, got), code), "bool true")
}

func dynamicTypes(t *dbtest.T) {
	table := t.Table("i {int}, d {decimal}(10,2), s {varchar}(10), w {timestamp}, b {blob}, f {double}")
	t.Exec("INSERT INTO "+table+" VALUES (?, ?, ?, ?, ?, ?)", 7, "1.10", "text", time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC),
		[]byte{1}, 0.5)
	into := make([]any, 6)
	var pointers []any
	for i := range into {
		pointers = append(pointers, &into[i])
	}
	err := t.DB.QueryRowContext(t.Ctx, "SELECT i, d, s, w, b, f FROM "+table).Scan(pointers...)
	t.Must(err, "scan into any")
	want := []string{"int64", "string", "string", "time.Time", "[]uint8", "float64"}
	for i, column := range []string{"INT", "DECIMAL", "VARCHAR", "TIMESTAMP", "BLOB", "DOUBLE"} {
		t.Expect(column+" as any", fmt.Sprintf("%T", into[i]), want[i])
	}
}

func columnTypes(t *dbtest.T) {
	table := t.Table("i {int} NOT NULL, d {decimal}(38,10), s {varchar}(20), x {text}")
	rows, err := t.DB.QueryContext(t.Ctx, "SELECT i, d, s, x FROM "+table)
	t.Must(err, "select")
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	t.Must(err, "column types")
	want := []string{"INT4", "NUMERIC (38,10)", "VARCHAR [20]", "TEXT [9223372036854775807]"}
	for i, c := range columns {
		t.Expect("column type "+c.Name(), describe(c), want[i])
	}
}

// describe returns the type name of a column, with (precision,scale), [length] and whether it may be NULL if the driver
// knows them.
func describe(c *sql.ColumnType) string {
	text := c.DatabaseTypeName()
	if precision, scale, ok := c.DecimalSize(); ok {
		text += fmt.Sprintf(" (%d,%d)", precision, scale)
	}
	if length, ok := c.Length(); ok {
		text += fmt.Sprintf(" [%d]", length)
	}
	if nullable, ok := c.Nullable(); ok {
		text += fmt.Sprintf(" nullable=%v", nullable)
	}
	return text
}
