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

// Defect is a defect of the client that was seen in real drivers. A test of the suite must fail for a client with a defect.
type Defect string

const (
	Truncates      Defect = "truncates"    // a result that is cut off ends as if it were complete
	Retries        Defect = "retries"      // a lost reply is reported as driver.ErrBadConn, so that database/sql repeats the statement
	IgnoresContext Defect = "deaf"         // the end of a context is ignored
	FillsMissing   Defect = "fills up"     // missing arguments become NULL
	WrongMonths    Defect = "wrong months" // a conversion to the day before the first of a month uses the length of the wrong month
	Rounds         Defect = "rounds"       // decimal numbers are converted to float64
	Saturates      Defect = "saturates"    // a float that does not fit an integer becomes the largest integer
)

// lineError returns the error for database/sql of a broken connection.
func (d Defect) lineError(err error) error {
	if d == Retries {
		return driver.ErrBadConn
	}
	return err
}

// rowsError returns the error for database/sql of a result that is cut off.
func (d Defect) rowsError(err error) error {
	if d == Truncates {
		return io.EOF
	}
	return err
}

// converted returns a time converted to the connection's zone.
func (d Defect) converted(v time.Time, zone *time.Location) time.Time {
	in := v.In(zone)
	if d == WrongMonths && in.Month() != v.Month() && in.Before(v.Add(1)) && in.Day() > v.Day() {
		length := time.Date(v.Year(), v.Month()+1, 0, 0, 0, 0, 0, zone).Day()
		in = in.AddDate(0, 0, length-in.Day())
	}
	return in
}

// digits returns a decimal number.
func (d Defect) digits(text string) wire.Digits {
	if f, ok := new(big.Float).SetString(text); ok && d == Rounds {
		return wire.Digits(f.Text('f', 10))
	}
	return wire.Digits(text)
}

var errValue = errors.New("the parameter cannot have this value")

// whole returns a float as an integer. It returns errValue if it is none or out of range.
func (d Defect) whole(v float64) (int64, error) {
	if v == math.Trunc(v) && v >= -1<<63 && v < 1<<63 {
		return int64(v), nil
	}
	if d == Saturates {
		return math.MaxInt64, nil
	}
	return 0, errValue
}
