package engine

import (
	"math"
	"math/big"
	"strconv"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// typeNames are the column types that the project's specs use.
var typeNames = map[string]wire.Type{
	"INT": wire.Int, "BIGINT": wire.BigInt, "DOUBLE": wire.Double, "DECIMAL": wire.Number, "BIT": wire.Bit,
	"CHAR": wire.Char, "VARCHAR": wire.Varchar, "CLOB": wire.Clob, "BLOB": wire.Blob, "DATE": wire.Date,
	"TIMESTAMP": wire.DateTime,
}

// columnType parses a type such as DECIMAL(38,10) or TIMESTAMP(9) WITH TIME ZONE.
func (t *tokens) columnType() (wire.Column, error) {
	label := t.next().text
	kind, ok := typeNames[label]
	if !ok {
		return wire.Column{}, newError(Unknown, "the stand-in has no type %s", label)
	}
	c := wire.Column{Type: kind, TypeName: label, Nullable: true}
	bounds := []*int32{&c.Precision, &c.Scale}
	if t.accept("(") {
		for _, bound := range bounds {
			n, err := strconv.ParseInt(t.next().text, 10, 32)
			if err != nil {
				return c, errUnknown
			}
			*bound = int32(n)
			if !t.accept(",") {
				break
			}
		}
		if err := t.expect(")"); err != nil {
			return c, err
		}
	}
	if kind == wire.DateTime {
		c.Type, c.Scale, c.Precision = wire.DateTime, c.Precision, 0
		zone := t.accept("WITH", "TIME", "ZONE")
		c.Type = map[bool]map[bool]wire.Type{
			false: {false: wire.DateTime, true: wire.DateTimeTZ},
			true:  {false: wire.DateTime2, true: wire.DateTime2TZ},
		}[c.Scale > 6][zone]
	}
	return c, nil
}

// coerce converts a value to a column's type. It returns an *Error if it cannot be converted or is out of range.
func coerce(value any, c wire.Column) (any, error) {
	if value == nil {
		return nil, nil
	}
	switch c.Type {
	case wire.Char, wire.Varchar, wire.Clob:
		return toText(value)
	case wire.Blob:
		return toBytes(value)
	case wire.Bit, wire.Int, wire.BigInt:
		return toInteger(value, c.Type)
	case wire.Double:
		return toDouble(value)
	case wire.Number:
		return toDigits(value)
	}
	if m, ok := value.(wire.Moment); ok {
		return m, nil
	}
	return nil, notConverted(value, c.Type)
}

func notConverted(value any, t wire.Type) error {
	return newError(NotConverted, "a %T is no value of type %d", value, t)
}

// toText converts a value to text.
func toText(value any) (any, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case wire.Digits:
		return string(v), nil
	}
	return nil, notConverted(value, wire.Varchar)
}

// toBytes converts a value to bytes.
func toBytes(value any) (any, error) {
	switch v := value.(type) {
	case []byte:
		return v, nil
	case string:
		return []byte(v), nil
	}
	return nil, notConverted(value, wire.Blob)
}

// ranges are the smallest and largest values of integer types.
var ranges = map[wire.Type][2]int64{wire.Bit: {0, 1}, wire.Int: {math.MinInt32, math.MaxInt32},
	wire.BigInt: {math.MinInt64, math.MaxInt64}}

// toInteger converts a value to an integer type. It returns an *Error if it is out of range.
func toInteger(value any, t wire.Type) (any, error) {
	var n int64
	switch v := value.(type) {
	case int64:
		n = v
	case bool:
		n = map[bool]int64{true: 1}[v]
	case wire.Digits:
		whole, ok := new(big.Int).SetString(string(v), 10)
		if !ok {
			return nil, notConverted(value, t)
		}
		if !whole.IsInt64() {
			return nil, newError(OutOfRange, "the number does not fit its type")
		}
		n = whole.Int64()
	case string:
		parsed, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, notConverted(value, t)
		}
		n = parsed
	default:
		return nil, notConverted(value, t)
	}
	if r := ranges[t]; n < r[0] || n > r[1] {
		return nil, newError(OutOfRange, "the number does not fit its type")
	}
	return n, nil
}

// toDouble converts a value to a float64.
func toDouble(value any) (any, error) {
	switch v := value.(type) {
	case float64:
		return v, nil
	case float32:
		return float64(v), nil
	case int64:
		return float64(v), nil
	case wire.Digits:
		return parsed(string(v))
	case string:
		return parsed(v)
	}
	return nil, notConverted(value, wire.Double)
}

func parsed(digits string) (any, error) {
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return nil, notConverted(digits, wire.Double)
	}
	return f, nil
}

// toDigits converts a value to a decimal number.
func toDigits(value any) (any, error) {
	switch v := value.(type) {
	case wire.Digits:
		return v, nil
	case int64:
		return wire.DigitsOf(v), nil
	case string:
		if _, err := wire.EncodeDecimal(v); err == nil {
			return wire.Digits(v), nil
		}
	}
	return nil, notConverted(value, wire.Number)
}
