package values

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

var numbers = []dbtest.Case{
	{Text: "int64 extremes and 2^53+1 come back equal", Key: "int64",
		Severity: record.Critical, Check: int64s,
		Source: "PostgreSQL documentation 8.1.1: bigint has 64 bits"},
	{Text: "uint64 2^63 into BIGINT is an error", Key: "uint64-overflow",
		Severity: record.High, Check: uint64Overflow,
		Source: "Go, database/sql/driver.Value: an integer is an int64"},
	{Text: "special float64 values come back bit for bit", Key: "float64",
		Severity: record.High, Check: float64s,
		Source: "PostgreSQL documentation 8.1.3: double precision is IEEE 754 binary64"},
	{Text: "DECIMAL(38,10) keeps all 38 digits of a string", Key: "decimal-digits",
		Severity: record.Critical, Check: decimalDigits,
		Source: "PostgreSQL documentation 8.1.2: numeric is exact"},
	{Text: "DECIMAL keeps the zeros of its scale", Key: "decimal-text",
		Severity: record.Medium, Check: decimalText,
		Source: "PostgreSQL documentation 8.1.2: a value has the declared scale"},
	{Text: "DECIMAL overflow is an error", Key: "decimal-overflow",
		Severity: record.High, Check: decimalOverflow,
		Source: "SQLSTATE 22003, numeric value out of range"},
}

func int64s(t *dbtest.T) {
	table := t.Table("v {bigint}")
	for _, v := range []int64{math.MinInt64, math.MaxInt64, 1<<53 + 1, -1<<53 - 1, 0} {
		got, code := dbtest.RoundTrip[int64](t, table, v)
		t.Expect(fmt.Sprintf("int64 %d", v), dbtest.ValueOrCode(strconv.FormatInt(got, 10), code), strconv.FormatInt(v, 10))
	}
}

func uint64Overflow(t *dbtest.T) {
	table := t.Table("v {bigint}")
	_, code := dbtest.RoundTrip[int64](t, table, uint64(1<<63))
	t.Expect("uint64 2^63 into BIGINT", code, "client")
	got, code := dbtest.RoundTrip[int64](t, table, uint64(1<<63-1))
	t.Expect("uint64 2^63-1 into BIGINT", dbtest.ValueOrCode(strconv.FormatInt(got, 10), code), "9223372036854775807")
}

func float64s(t *dbtest.T) {
	table := t.Table("v {double}")
	for name, v := range map[string]float64{
		"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1), "-0": math.Copysign(0, -1),
		"smallest denormal": math.SmallestNonzeroFloat64, "MaxFloat64": math.MaxFloat64, "0.1": 0.1,
	} {
		got, code := dbtest.RoundTrip[float64](t, table, v)
		want := bits(v)
		if math.IsNaN(v) && math.IsNaN(got) { // the standard does not fix a NaN's payload (IEEE 754-2019 §6.2.3)
			got = v
		}
		t.Expect("float64 "+name, dbtest.ValueOrCode(bits(got), code), want)
	}
}

func bits(v float64) string { return fmt.Sprintf("%016x", math.Float64bits(v)) }

func decimalDigits(t *dbtest.T) {
	table := t.Table("v {decimal}(38,10)")
	for _, v := range []string{"1234567890123456789012345678.0123456789", "-9999999999999999999999999999.9999999999",
		"0.0000000001"} {
		got, code := dbtest.RoundTrip[string](t, table, v)
		t.Expect("DECIMAL(38,10) "+v, dbtest.ValueOrCode(got, code), v)
	}
}

func decimalText(t *dbtest.T) {
	for _, c := range []struct{ column, value, want string }{
		{"{decimal}(10,4)", "0.1", "0.1000"}, {"{decimal}(10,2)", "1.10", "1.10"}, {"{decimal}(10,2)", "-0.5", "-0.50"},
	} {
		got, code := dbtest.RoundTrip[string](t, t.Table("v "+c.column), c.value)
		t.Expect("text of "+c.value+" as "+c.column, dbtest.ValueOrCode(got, code), c.want)
		number, ok := new(big.Rat).SetString(got)
		want, _ := new(big.Rat).SetString(c.want)
		t.Expect("value of "+c.value+" as "+c.column, ok && number.Cmp(want) == 0, true)
	}
}

func decimalOverflow(t *dbtest.T) {
	_, code := dbtest.RoundTrip[string](t, t.Table("v {decimal}(5,2)"), "1234.56")
	t.Expect("DECIMAL(5,2) overflow", code, "22003")
}
