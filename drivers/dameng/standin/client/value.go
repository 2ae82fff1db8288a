package client

import (
	"context"
	"database/sql/driver"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// noYear is the vendor's driver's error number for a year out of range.
const noYear = -6112

// encode returns the type and bytes of a value for a parameter; nil bytes are NULL.
func (s *statement) encode(p wire.Column, value driver.Value) (wire.Type, []byte, error) {
	switch v := value.(type) {
	case nil:
		return p.Type, nil, nil
	case int64:
		return encoded(wire.BigInt, v)
	case bool:
		return encoded(wire.Boolean, v)
	case float64:
		switch p.Type {
		case wire.Int, wire.BigInt:
			n, err := s.whole(v)
			if err != nil {
				return 0, nil, err
			}
			return encoded(wire.BigInt, n)
		case wire.Number:
			return 0, nil, errValue
		}
		return encoded(wire.Double, v)
	case string:
		if p.Type == wire.Number {
			return encoded(wire.Number, s.digits(v))
		}
		return encoded(wire.Varchar, v)
	case []byte:
		if v == nil {
			return wire.VarBinary, nil, nil
		}
		return encoded(wire.VarBinary, v)
	case time.Time:
		v = s.converted(v, s.zone)
		if v.Year() < -4712 || v.Year() > 9999 {
			return 0, nil, &Error{Code: noYear, Text: "no such year"}
		}
		m := wire.Moment{Year: v.Year(), Month: int(v.Month()), Day: v.Day(), Hour: v.Hour(), Minute: v.Minute(),
			Second: v.Second(), Nanoseconds: v.Nanosecond()}
		_, seconds := v.Zone()
		m.Zone = seconds / 60
		return encoded(map[bool]wire.Type{true: wire.DateTimeTZ, false: wire.DateTime}[p.Type == wire.DateTimeTZ], m)
	}
	return 0, nil, errValue
}

// encoded returns the type and bytes of a value.
func encoded(t wire.Type, value any) (wire.Type, []byte, error) {
	b, err := wire.Encode(t, value)
	return t, b, err
}

// decode returns the value in a cell for database/sql.
func (r *rows) decode(ctx context.Context, c wire.Column, cell []byte) (driver.Value, error) {
	if cell == nil {
		return nil, nil
	}
	if c.Type.Large() {
		data, err := r.object(ctx, c, cell)
		if err == nil && c.Type == wire.Clob {
			return string(data), nil
		}
		return data, err
	}
	value, err := wire.Decode(c.Type, cell)
	if err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case int64:
		switch c.Type {
		case wire.Bit:
			return int8(v), nil
		case wire.Int:
			return int32(v), nil
		}
	case wire.Digits: // like the vendor's driver, without a zero before the point
		sign, digits := "", string(v)
		if strings.HasPrefix(digits, "-") {
			sign, digits = "-", digits[1:]
		}
		if digits != "0" {
			digits = strings.TrimPrefix(digits, "0")
		}
		return sign + digits, nil
	case wire.Moment:
		zone := r.zone
		if c.Type == wire.DateTimeTZ {
			zone = time.FixedZone("", v.Zone*60)
		}
		return time.Date(v.Year, time.Month(v.Month), v.Day, v.Hour, v.Minute, v.Second, v.Nanoseconds, zone), nil
	}
	return value, nil
}
