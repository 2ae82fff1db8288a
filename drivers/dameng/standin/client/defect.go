package client

import (
	"database/sql/driver"
	"errors"
	"io"
	"math"
	"math/big"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// Defect is something that a client does wrong, as drivers were seen to. A test that such a client passes is no test.
type Defect string

const (
	Truncates   Defect = "truncates"    // a result that is cut ends as if it were whole
	Retries     Defect = "retries"      // a lost reply is called harmless, so that database/sql runs the statement again
	Deaf        Defect = "deaf"         // a context that ends is not noticed
	FillsUp     Defect = "fills up"     // arguments that are missing are NULL
	WrongMonths Defect = "wrong months" // a day back over a month's start counts the wrong month's days
	Rounds      Defect = "rounds"       // digits go through a float of 64 bits
	Saturates   Defect = "saturates"    // a float that no integer can hold becomes one that can
)

// told is an error on the line, as database/sql is told it.
func (d Defect) told(err error) error {
	if d == Retries {
		return driver.ErrBadConn
	}
	return err
}

// cut is an error between rows, as database/sql is told it.
func (d Defect) cut(err error) error {
	if d == Truncates {
		return io.EOF
	}
	return err
}

// converted returns a time in the connection's zone.
func (d Defect) converted(v time.Time, zone *time.Location) time.Time {
	in := v.In(zone)
	if d == WrongMonths && in.Month() != v.Month() && in.Before(v.Add(1)) && in.Day() > v.Day() {
		length := time.Date(v.Year(), v.Month()+1, 0, 0, 0, 0, 0, zone).Day()
		in = in.AddDate(0, 0, length-in.Day())
	}
	return in
}

// digits returns the digits of a decimal number.
func (d Defect) digits(text string) wire.Digits {
	if f, ok := new(big.Float).SetString(text); ok && d == Rounds {
		return wire.Digits(f.Text('f', 10))
	}
	return wire.Digits(text)
}

var errValue = errors.New("the parameter cannot have this value")

// whole returns the integer that a float is.
func (d Defect) whole(v float64) (int64, error) {
	if v == math.Trunc(v) && v >= -1<<63 && v < 1<<63 {
		return int64(v), nil
	}
	if d == Saturates {
		return math.MaxInt64, nil
	}
	return 0, errValue
}
