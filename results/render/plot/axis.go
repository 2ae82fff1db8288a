package plot

import (
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// AxisOf returns the axis of values in a unit of a benchmark: "ns/op", "sec/op", "MB/s". Times get a fitting unit at each tick.
func AxisOf(what record.Sentence, unit string) Axis {
	switch base, _, _ := strings.Cut(unit, "/"); base {
	case "ns", "cpu-ns":
		return Axis{Label: what, Format: duration}
	case "sec", "cpu-sec":
		return Axis{Label: what, Format: func(seconds float64) string { return duration(seconds * 1e9) }}
	}
	return Axis{Label: record.Sayf("%s (%s)", "%s（%s）", what, unit), Format: short}
}

// duration writes nanoseconds with a fitting unit.
func duration(ns float64) string { return scaled(ns, 1000, "ns", "µs", "ms", "s") }

// short writes a number with a prefix of the SI.
func short(v float64) string { return strings.TrimSpace(scaled(v, 1000, "", "k", "M", "G", "T")) }

// scaled writes a number in the largest of the units, each of which is so many times the one before, that leaves it at 1 or more.
func scaled(v, times float64, units ...string) string {
	i := 0
	for ; i < len(units)-1 && (v >= times || v <= -times); i++ {
		v /= times
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + " " + units[i]
}
