package values

import (
	"fmt"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

var times = []dbtest.Case{
	{Text: "a sub-second part finer than the column is cut as documented", Key: "sub-second",
		Severity: record.Medium, Check: subSecond,
		Source: "PostgreSQL documentation 8.5: timestamps have a resolution of 1 microsecond"},
	{Text: "a +08:00 time into a column without zone, the first of every month", Key: "wall-clock",
		Severity: record.Critical, Check: wallClock,
		Source: "PostgreSQL documentation 8.5.1.3: timestamp without time zone ignores the zone"},
	{Text: "a +08:00 time into a column with zone keeps the instant", Key: "instant",
		Severity: record.Critical, Check: instant,
		Source: "PostgreSQL documentation 8.5.1.3: timestamp with time zone is stored in UTC"},
	{Text: "the ends of the calendar", Key: "calendar",
		Severity: record.Medium, Check: calendar,
		Source: "PostgreSQL documentation 8.5: 4713 BC to 294276 AD"},
	{Text: "daylight saving and seconds in the offset of Asia/Shanghai", Key: "shanghai",
		Severity: record.High, Check: shanghai,
		Source: "IANA time zone database, Asia/Shanghai"},
}

var (
	china = time.FixedZone("", 8*3600)
	// farEast is so far ahead of UTC that a conversion to China's time, or to UTC, goes back into the month before.
	farEast = time.FixedZone("", 14*3600)
)

// wall is a time without its zone.
const wall = "2006-01-02 15:04:05.999999999"

func subSecond(t *dbtest.T) {
	table := t.Table("v {timestamp}")
	for ns, want := range map[int]string{123456789: ".123456", 123456499: ".123456", 999999999: ".999999"} {
		in := time.Date(2024, 5, 6, 7, 8, 9, ns, time.UTC)
		got, code := dbtest.RoundTrip[time.Time](t, table, in)
		t.Expect(fmt.Sprintf("sub-second .%d", ns), dbtest.ValueOrCode(got.Format(wall), code), "2024-05-06 07:08:09"+want)
	}
}

func wallClock(t *dbtest.T) {
	table := t.Table("v {timestamp}")
	for _, zone := range []*time.Location{china, farEast} {
		for month := range 12 {
			in := time.Date(2024, time.Month(month+1), 1, 0, 30, 0, 0, zone)
			got, code := dbtest.RoundTrip[time.Time](t, table, in)
			t.Expect("wall clock of "+in.Format(time.RFC3339), dbtest.ValueOrCode(got.Format(wall), code), in.Format(wall))
		}
	}
}

func instant(t *dbtest.T) {
	table := t.Table("v {timestamptz}")
	for month := range 12 {
		in := time.Date(2024, time.Month(month+1), 1, 0, 30, 0, 123456000, china)
		got, code := dbtest.RoundTrip[time.Time](t, table, in)
		t.Expect("instant of "+in.Format(time.RFC3339), dbtest.ValueOrCode(got.UTC().Format(wall), code), in.UTC().Format(wall))
	}
}

func calendar(t *dbtest.T) {
	table := t.Table("v {timestamp}")
	for _, year := range []int{-1, 1, 1582, 9999, 10000} {
		in := time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)
		if year == 1 {
			in = time.Time{}
		}
		got, code := dbtest.RoundTrip[time.Time](t, table, in)
		t.Expect(fmt.Sprintf("year %d", year), dbtest.ValueOrCode(got.Format(wall), code), in.Format(wall))
	}
}

// shanghai has the offsets of the zone's history written out, so that it needs no zone database: +08:05:43 before 1901,
// summer time +09:00 in 1986 to 1991.
func shanghai(t *dbtest.T) {
	table := t.Table("v {timestamptz}")
	for _, in := range []time.Time{
		time.Date(1900, 12, 31, 23, 59, 59, 0, time.FixedZone("LMT", 8*3600+5*60+43)),
		time.Date(1988, 7, 1, 12, 0, 0, 0, time.FixedZone("CDT", 9*3600)),
		time.Date(1991, 9, 15, 1, 30, 0, 0, time.FixedZone("CDT", 9*3600)),
		time.Date(1991, 9, 15, 1, 30, 0, 0, china),
	} {
		got, code := dbtest.RoundTrip[time.Time](t, table, in)
		t.Expect("Shanghai "+in.Format("2006-01-02T15:04:05Z07:00:00"), dbtest.ValueOrCode(got.UTC().Format(wall), code), in.UTC().Format(wall))
	}
}
