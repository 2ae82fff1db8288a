package database

import (
	"fmt"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

var times = []behaviour{
	{"a sub-second part finer than the column is cut as documented", "sub-second", record.Medium, 0, subSecond},
	{"a +08:00 time into a column without zone, the first of every month", "wall-clock", record.Critical, 0, wallClock},
	{"a +08:00 time into a column with zone keeps the instant", "instant", record.Critical, 0, instant},
	{"the ends of the calendar", "calendar", record.Medium, 0, calendar},
	{"daylight saving and seconds in the offset of Asia/Shanghai", "shanghai", record.High, 0, shanghai},
}

var (
	china = time.FixedZone("", 8*3600)
	// ahead is so far east that whoever converts to China's time, or to UTC, goes back into the month before.
	ahead = time.FixedZone("", 14*3600)
)

const wall = "2006-01-02 15:04:05.999999999"

func subSecond(t *trial) {
	table := t.table("v {timestamp}")
	for ns, want := range map[int]string{123456789: ".123456", 123456499: ".123456", 999999999: ".999999"} {
		in := time.Date(2024, 5, 6, 7, 8, 9, ns, time.UTC)
		got, code := echo[time.Time](t, table, in)
		t.saw(fmt.Sprintf("sub-second .%d", ns), coded(got.Format(wall), code), "2024-05-06 07:08:09"+want)
	}
}

func wallClock(t *trial) {
	table := t.table("v {timestamp}")
	for _, zone := range []*time.Location{china, ahead} {
		for month := range 12 {
			in := time.Date(2024, time.Month(month+1), 1, 0, 30, 0, 0, zone)
			got, code := echo[time.Time](t, table, in)
			t.saw("wall clock of "+in.Format(time.RFC3339), coded(got.Format(wall), code), in.Format(wall))
		}
	}
}

func instant(t *trial) {
	table := t.table("v {timestamptz}")
	for month := range 12 {
		in := time.Date(2024, time.Month(month+1), 1, 0, 30, 0, 123456000, china)
		got, code := echo[time.Time](t, table, in)
		t.saw("instant of "+in.Format(time.RFC3339), coded(got.UTC().Format(wall), code), in.UTC().Format(wall))
	}
}

func calendar(t *trial) {
	table := t.table("v {timestamp}")
	for _, year := range []int{-1, 1, 1582, 9999, 10000} {
		in := time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC)
		if year == 1 {
			in = time.Time{}
		}
		got, code := echo[time.Time](t, table, in)
		t.saw(fmt.Sprintf("year %d", year), coded(got.Format(wall), code), in.Format(wall))
	}
}

// shanghai uses offsets of the zone's history written out, so that it needs no zone database: +08:05:43 before 1901,
// summer time +09:00 in 1986 to 1991.
func shanghai(t *trial) {
	table := t.table("v {timestamptz}")
	for _, in := range []time.Time{
		time.Date(1900, 12, 31, 23, 59, 59, 0, time.FixedZone("LMT", 8*3600+5*60+43)),
		time.Date(1988, 7, 1, 12, 0, 0, 0, time.FixedZone("CDT", 9*3600)),
		time.Date(1991, 9, 15, 1, 30, 0, 0, time.FixedZone("CDT", 9*3600)),
		time.Date(1991, 9, 15, 1, 30, 0, 0, china),
	} {
		got, code := echo[time.Time](t, table, in)
		t.saw("Shanghai "+in.Format("2006-01-02T15:04:05Z07:00:00"), coded(got.UTC().Format(wall), code), in.UTC().Format(wall))
	}
}
