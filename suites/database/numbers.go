package database

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/xcmatrix/xcmatrix/results/record"
)

var numbers = []behaviour{
	{"int64 extremes and 2^53+1 come back equal", "int64", record.Critical, 0, int64s},
	{"uint64 2^63 into BIGINT is an error", "uint64-overflow", record.High, 0, uint64Overflow},
	{"special float64 values come back bit for bit", "float64", record.High, 0, float64s},
	{"DECIMAL(38,10) keeps all 38 digits of a string", "decimal-digits", record.Critical, 0, decimalDigits},
	{"DECIMAL keeps the zeros of its scale", "decimal-text", record.Medium, 0, decimalText},
	{"DECIMAL overflow is an error", "decimal-overflow", record.High, 0, decimalOverflow},
}

// echo writes a value into a column and reads it back as T. The code is that of the first error.
func echo[T any](t *trial, table string, in any) (out T, code string) {
	t.exec("DELETE FROM " + table)
	if code := t.try("INSERT INTO "+table+" (v) VALUES (?)", in); code != "" {
		return out, code
	}
	err := t.db.QueryRowContext(t.ctx, "SELECT v FROM "+table).Scan(&out)
	return out, t.Code(err)
}

// coded is the value, or the code of the error that stood in its place.
func coded[T any](value T, code string) any {
	if code != "" {
		return "error " + code
	}
	return value
}

func int64s(t *trial) {
	table := t.table("v {bigint}")
	for _, v := range []int64{math.MinInt64, math.MaxInt64, 1<<53 + 1, -1<<53 - 1, 0} {
		got, code := echo[int64](t, table, v)
		t.saw(fmt.Sprintf("int64 %d", v), coded(strconv.FormatInt(got, 10), code), strconv.FormatInt(v, 10))
	}
}

func uint64Overflow(t *trial) {
	table := t.table("v {bigint}")
	_, code := echo[int64](t, table, uint64(1<<63))
	t.saw("uint64 2^63 into BIGINT", code, "client")
	got, code := echo[int64](t, table, uint64(1<<63-1))
	t.saw("uint64 2^63-1 into BIGINT", coded(strconv.FormatInt(got, 10), code), "9223372036854775807")
}

func float64s(t *trial) {
	table := t.table("v {double}")
	for name, v := range map[string]float64{
		"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1), "-0": math.Copysign(0, -1),
		"smallest denormal": math.SmallestNonzeroFloat64, "MaxFloat64": math.MaxFloat64, "0.1": 0.1,
	} {
		got, code := echo[float64](t, table, v)
		want := bits(v)
		if math.IsNaN(v) && math.IsNaN(got) { // a NaN's payload is nobody's promise (IEEE 754-2019 §6.2.3)
			got = v
		}
		t.saw("float64 "+name, coded(bits(got), code), want)
	}
}

func bits(v float64) string { return fmt.Sprintf("%016x", math.Float64bits(v)) }

func decimalDigits(t *trial) {
	table := t.table("v {decimal}(38,10)")
	for _, v := range []string{"1234567890123456789012345678.0123456789", "-9999999999999999999999999999.9999999999",
		"0.0000000001"} {
		got, code := echo[string](t, table, v)
		t.saw("DECIMAL(38,10) "+v, coded(got, code), v)
	}
}

func decimalText(t *trial) {
	for _, c := range []struct{ column, value, want string }{
		{"{decimal}(10,4)", "0.1", "0.1000"}, {"{decimal}(10,2)", "1.10", "1.10"}, {"{decimal}(10,2)", "-0.5", "-0.50"},
	} {
		got, code := echo[string](t, t.table("v "+c.column), c.value)
		t.saw("text of "+c.value+" as "+c.column, coded(got, code), c.want)
		number, ok := new(big.Rat).SetString(got)
		want, _ := new(big.Rat).SetString(c.want)
		t.saw("value of "+c.value+" as "+c.column, ok && number.Cmp(want) == 0, true)
	}
}

func decimalOverflow(t *trial) {
	_, code := echo[string](t, t.table("v {decimal}(5,2)"), "1234.56")
	t.saw("DECIMAL(5,2) overflow", code, "22003")
}
