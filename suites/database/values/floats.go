package values

import (
	"cmp"
	"database/sql"
	"math"
	"strconv"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// In Go, the result of converting a float that no integer can hold depends on the platform: amd64 gives the smallest
// integer, arm64 and loong64 the nearest one, and 0 for NaN (Go specification, Conversions; golang/go#76264). A driver
// that converts without a check writes different numbers on different machines.
var floats = []dbtest.Case{
	{Text: "a float64 that no integer can hold is refused by BIGINT and INT", Key: "float-to-int",
		Severity: record.Critical, Check: floatToInt,
		Source: "SQLSTATE 22003, numeric value out of range"},
	{Text: "a DOUBLE that int64 cannot hold is refused by Scan", Key: "double-into-int64",
		Severity: record.High, Check: floatScan,
		Source: "Go, database/sql.Rows.Scan: converts as long as no information is lost"},
}

// outOfRange are float64 values that int64 cannot hold.
var outOfRange = []struct {
	name  string
	value float64
}{{"2^63", 1 << 63}, {"-2^64", -1 << 64}, {"NaN", math.NaN()}}

func floatToInt(t *dbtest.T) {
	for _, column := range []string{"BIGINT", "INT"} {
		table := t.Table("v " + map[string]string{"BIGINT": "{bigint}", "INT": "{int}"}[column])
		for _, c := range outOfRange {
			got, code := dbtest.RoundTrip[int64](t, table, c.value)
			if code != "" {
				code = "refused" // by the driver or by the server: both are right
			}
			t.Expect("float64 "+c.name+" into "+column, cmp.Or(code, strconv.FormatInt(got, 10)), "refused")
		}
	}
}

func floatScan(t *dbtest.T) {
	table := t.Table("v {double}")
	for _, c := range outOfRange[:2] {
		got, code := dbtest.RoundTrip[sql.NullInt64](t, table, c.value)
		if code != "" {
			code = "refused"
		}
		t.Expect("DOUBLE "+c.name+" into int64", cmp.Or(code, strconv.FormatInt(got.Int64, 10)), "refused")
	}
}
