package database

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

var values = []behaviour{
	{"BOOLEAN through any", "boolean", record.Medium, 0, boolean},
	{"the Go types that a driver gives for any", "dynamic-types", record.Medium, 0, dynamicTypes},
	{"column types are described", "column-types", record.Low, 0, columnTypes},
}

func boolean(t *trial) {
	got, code := echo[any](t, t.table("v {bool}"), true)
	t.saw("BOOLEAN as any", coded(fmt.Sprintf("%T %v", got, got), code), "bool true")
}

func dynamicTypes(t *trial) {
	table := t.table("i {int}, d {decimal}(10,2), s {varchar}(10), w {timestamp}, b {blob}, f {double}")
	t.exec("INSERT INTO "+table+" VALUES (?, ?, ?, ?, ?, ?)", 7, "1.10", "text", time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC),
		[]byte{1}, 0.5)
	into := make([]any, 6)
	var pointers []any
	for i := range into {
		pointers = append(pointers, &into[i])
	}
	err := t.db.QueryRowContext(t.ctx, "SELECT i, d, s, w, b, f FROM "+table).Scan(pointers...)
	t.must(err, "scan into any")
	want := []string{"int64", "string", "string", "time.Time", "[]uint8", "float64"}
	for i, column := range []string{"INT", "DECIMAL", "VARCHAR", "TIMESTAMP", "BLOB", "DOUBLE"} {
		t.saw(column+" as any", fmt.Sprintf("%T", into[i]), want[i])
	}
}

func columnTypes(t *trial) {
	table := t.table("i {int} NOT NULL, d {decimal}(38,10), s {varchar}(20), x {text}")
	rows, err := t.db.QueryContext(t.ctx, "SELECT i, d, s, x FROM "+table)
	t.must(err, "select")
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	t.must(err, "column types")
	want := []string{"INT4", "NUMERIC (38,10)", "VARCHAR [20]", "TEXT [9223372036854775807]"}
	for i, c := range columns {
		t.saw("column type "+c.Name(), describe(c), want[i])
	}
}

// describe is a column's type name with (precision,scale), [length] and whether it may be NULL, as far as known.
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
