package dameng

import (
	"fmt"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// answers are the documented answers of DM8 and its driver that differ from those of other databases.
var answers = clocks(map[string]dialect.Answer{
	"text of 0.1 as {decimal}(10,4)":  {Value: ".1", Or: []any{"0.1", "0.1000"}, Source: digits},
	"text of 1.10 as {decimal}(10,2)": {Value: "1.1", Or: []any{"1.10"}, Source: digits},
	"text of -0.5 as {decimal}(10,2)": {Value: "-.5", Or: []any{"-0.5", "-0.50"}, Source: digits},
	"DECIMAL(38,10) 0.0000000001":     {Value: ".0000000001", Or: []any{"0.0000000001"}, Source: digits},
	"INT as any":                      {Value: "int32", Or: []any{"int64"}, Source: "driver v1.8.23: integers keep their width; database/sql's own type is int64"},
	"BOOLEAN as any":                  {Value: "int8 1", Or: []any{"bool true"}, Source: "driver v1.8.23: BIT is int8"},
	"isolation Snapshot":              {Value: false, Or: []any{true}, Source: "driver v1.8.23, error 6038; database/sql: an optional level"},
	"isolation Repeatable Read":       {Value: false, Or: []any{true}, Source: "driver v1.8.23: only with compatibleMode=mysql"},
	"year 10000":                      {Value: fmt.Sprint("error ", -6112), Source: "DM8 SQL manual: DATETIME ends with 9999"},
	"login with a wrong password":     {Value: "-2501", Source: "DM8 error codes: -2501, user name or password is wrong"},
	// A time is written as the clock of the connection's timeZone shows it, which Open sets to +08:00.
	"sub-second .123456789": {Value: "2024-05-06 15:08:09.123456", Source: inZone},
	"sub-second .123456499": {Value: "2024-05-06 15:08:09.123456", Source: inZone},
	"sub-second .999999999": {Value: "2024-05-06 15:08:09.999999", Source: inZone},
	"year -1":               {Value: "-0001-12-31 08:00:00", Source: inZone},
	"year 1":                {Value: "0001-01-01 08:00:00", Source: inZone},
	"year 1582":             {Value: "1582-12-31 08:00:00", Source: inZone},
	"year 9999":             {Value: "9999-12-31 08:00:00", Source: inZone},
})

// digits is the source of answers in which one number has several texts. Another observation compares the number itself.
const digits = "no document fixes the zeros of a number's text; driver v1.8.23 writes none before or after"

const inZone = "driver v1.8.23: time.Time is converted to timeZone before it is written"

// clocks adds the answers for times in the zone +14:00, which DM8 stores in China's zone: the evening before.
func clocks(all map[string]dialect.Answer) map[string]dialect.Answer {
	ahead, china := time.FixedZone("", 14*3600), time.FixedZone("", 8*3600)
	for month := time.January; month <= time.December; month++ {
		in := time.Date(2024, month, 1, 0, 30, 0, 0, ahead)
		all["wall clock of "+in.Format(time.RFC3339)] = dialect.Answer{Value: in.In(china).Format(time.DateTime), Source: inZone}
	}
	return all
}
