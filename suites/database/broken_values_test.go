package database

import (
	"math"
	"strings"
	"time"
)

func brokenValues() map[string]fault {
	return map[string]fault{
		"int64":             {in: changed(func(v int64) any { return int64(float64(v)) })},
		"uint64-overflow":   {in: changed(func(v uint64) any { return int64(v) })},
		"float64":           {out: changed(func(v float64) any { return float64(float32(v)) })},
		"float-to-int":      {},
		"double-into-int64": {out: changed(func(v float64) any { return map[bool]any{true: int64(math.MaxInt64), false: v}[v == 1<<63] })},
		"decimal-digits":    {in: changed(nineteenDigits)},
		"decimal-text":      {out: changed(func(v string) any { return strings.TrimSuffix(v, "0") })},
		"decimal-overflow":  {err: instead("22003", nil)},
		"empty-string":      {in: changed(func(v string) any { return map[bool]any{true: nil, false: v}[v == ""] })},
		"empty-bytes":       {in: changed(func(v []byte) any { return map[bool]any{true: nil, false: v}[len(v) == 0] })},
		"null":              {out: func(v any) any { return map[bool]any{true: "", false: v}[v == nil] }},
		"char-padding":      {out: changed(func(v string) any { return strings.TrimSpace(v) })},
		"varchar-length": {in: changed(func(v string) any {
			return map[bool]any{true: v[:min(len(v), 20)], false: v}[len(v) == 21 && v[0] == '1']
		})},
		"characters":    {out: changed(func(v string) any { return strings.Map(basicPlane, v) })},
		"nul-character": {in: changed(func(v string) any { return strings.ReplaceAll(v, "\x00", "") })},
		"invalid-utf8":  {in: changed(func(v string) any { return strings.ToValidUTF8(v, "?") })},
		"sub-second":    {in: changed(func(v time.Time) any { return v.Round(time.Microsecond) })},
		"wall-clock":    {in: changed(func(v time.Time) any { return v.UTC() })},
		"instant": {in: changed(func(v time.Time) any {
			return map[bool]any{true: v.Add(time.Minute), false: v}[v.Nanosecond() == 123456000]
		})},
		"calendar":      {in: changed(func(v time.Time) any { return v.AddDate(max(0, 1-v.Year()), 0, 0) })},
		"shanghai":      {in: changed(wholeMinutes)},
		"boolean":       {out: changed(func(v bool) any { return int64(1) })},
		"dynamic-types": {out: changed(func(v []byte) any { return string(v) })},
		"large-values":  {out: changed(func(v []byte) any { return v[:min(len(v), 1<<20)] })},
		"column-types":  {length: func(n int64) int64 { return 4 * n }},
		"labels": {labels: func(names []string) []string {
			for i := range names {
				names[i] = strings.ToUpper(names[i])
			}
			return names
		}},
		"odd-values": {in: changed(func(func()) any { panic("not a value") })},
	}
}

// nineteenDigits keeps the digits of a long number that 64 bits hold.
func nineteenDigits(v string) any {
	if len(v) > 30 && strings.Trim(v, "-.0123456789") == "" {
		return v[:20] + strings.Map(func(r rune) rune {
			if r == '.' {
				return r
			}
			return '0'
		}, v[20:])
	}
	return v
}

// basicPlane replaces characters beyond the Basic Multilingual Plane.
func basicPlane(r rune) rune {
	if r > 0xffff {
		return '?'
	}
	return r
}

// wholeMinutes drops the seconds of a zone's offset.
func wholeMinutes(v time.Time) any {
	_, offset := v.Zone()
	return v.Add(time.Duration(offset%60) * time.Second)
}
