package database

import (
	"database/sql"
	"math"
	"strconv"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Go leaves the conversion of a float that no integer can hold to the platform: amd64 gives the smallest integer,
// arm64 and loong64 the nearest one, and 0 for NaN (Go specification, Conversions; golang/go#76264). A driver that
// converts before it looks writes different numbers on different machines.
var floats = []behaviour{
	{"a float64 that no integer can hold is refused by BIGINT and INT", "float-to-int", record.Critical, 0, floatToInt},
	{"a DOUBLE that int64 cannot hold is refused by Scan", "double-into-int64", record.High, 0, floatScan},
}

var unfit = []struct {
	name  string
	value float64
}{{"2^63", 1 << 63}, {"-2^64", -1 << 64}, {"NaN", math.NaN()}}

func floatToInt(t *trial) {
	for _, column := range []string{"BIGINT", "INT"} {
		table := t.table("v " + map[string]string{"BIGINT": "{bigint}", "INT": "{int}"}[column])
		for _, c := range unfit {
			got, code := echo[int64](t, table, c.value)
			if code != "" {
				code = "refused" // by the driver or by the server: both are right
			}
			t.saw("float64 "+c.name+" into "+column, cmpCode(code, strconv.FormatInt(got, 10)), "refused")
		}
	}
}

func cmpCode(code, value string) string {
	if code != "" {
		return code
	}
	return value
}

func floatScan(t *trial) {
	table := t.table("v {double}")
	for _, c := range unfit[:2] {
		got, code := echo[sql.NullInt64](t, table, c.value)
		if code != "" {
			code = "refused"
		}
		t.saw("DOUBLE "+c.name+" into int64", cmpCode(code, strconv.FormatInt(got.Int64, 10)), "refused")
	}
}
