package wire

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Digits is a decimal number as text, without loss of digits.
type Digits string

// Decode returns the value of a type in bytes: an int64, float32, float64, bool, string, []byte, Digits or Moment. It returns ErrValue
// if the bytes are no such value.
func Decode(t Type, b []byte) (any, error) {
	switch t {
	case Char, Varchar, Varchar2, Clob:
		return string(b), nil
	case Binary, VarBinary, Blob:
		return append([]byte{}, b...), nil
	case Bit, TinyInt, SmallInt, Int, BigInt, Boolean:
		return decodeInteger(t, b)
	case Real:
		if len(b) != 4 {
			return nil, ErrValue
		}
		return math.Float32frombits(binary.LittleEndian.Uint32(b)), nil
	case Double:
		if len(b) != 8 {
			return nil, ErrValue
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), nil
	case Number:
		digits, err := DecodeDecimal(b)
		return Digits(digits), err
	case Date, Time, DateTime, TimeTZ, DateTimeTZ, DateTime2, DateTime2TZ:
		return DecodeMoment(t, b)
	}
	return nil, ErrValue
}

// widths are the sizes of integers in bytes.
var widths = map[Type]int{Bit: 1, Boolean: 1, TinyInt: 1, SmallInt: 2, Int: 4, BigInt: 8}

// decodeInteger returns the int64 in bytes, or a bool for Boolean.
func decodeInteger(t Type, b []byte) (any, error) {
	width := widths[t]
	if len(b) != width {
		return nil, ErrValue
	}
	var wide [8]byte
	copy(wide[:], b)
	v := int64(binary.LittleEndian.Uint64(wide[:]))
	if t == Boolean {
		return v != 0, nil
	}
	shift := 64 - 8*width
	return v << shift >> shift, nil // extends the sign
}

// Encode returns the bytes of a value, which must be of the Go type that Decode returns for t. It returns ErrValue for a value out of
// range.
func Encode(t Type, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	case bool:
		return []byte{map[bool]byte{true: 1}[v]}, nil
	case int64:
		return encodeInteger(t, v)
	case float32:
		return binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)), nil
	case float64:
		return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)), nil
	case Digits:
		return EncodeDecimal(string(v))
	case Moment:
		return EncodeMoment(t, v)
	}
	return nil, ErrValue
}

// encodeInteger returns the bytes of an integer type. It returns ErrValue if the value is out of range.
func encodeInteger(t Type, v int64) ([]byte, error) {
	width, ok := widths[t]
	if !ok {
		return nil, ErrValue
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(v))[:width]
	if back, err := decodeInteger(t, b); err != nil || t != Boolean && back != v {
		return nil, ErrValue
	}
	return b, nil
}

// DigitsOf returns an integer as a decimal number.
func DigitsOf(v int64) Digits { return Digits(strconv.FormatInt(v, 10)) }
