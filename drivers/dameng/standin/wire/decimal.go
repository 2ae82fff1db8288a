package wire

import (
	"errors"
	"math/big"
	"strings"
)

// ErrValue is the error for bytes that are no value of their type, and for a value that the type cannot represent.
var ErrValue = errors.New("no value of its type")

const (
	decimalZero     = 0x80
	decimalPositive = 0xC1 // plus the exponent to the base 100
	decimalNegative = 0x3E // minus the exponent
	decimalEnd      = 0x66 // after the digits of a negative number
	decimalBytes    = 21
	decimalDigits   = 20 // to the base 100
	exponentMax     = 62 // the first byte can hold it with both signs
	exponentMin     = -64
)

// EncodeDecimal encodes a number such as "-12.50" as an exponent and digits to the base 100. It returns ErrValue for other texts
// and for numbers out of range.
func EncodeDecimal(text string) ([]byte, error) {
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimLeft(text, "+-")
	if _, ok := new(big.Rat).SetString(text); !ok || strings.ContainsAny(text, "eE/_xXpP") {
		return nil, ErrValue
	}
	whole, part, _ := strings.Cut(text, ".")
	whole = strings.TrimLeft(whole, "0")
	part = strings.TrimRight(part, "0")
	if whole == "" && part == "" {
		return []byte{decimalZero}, nil
	}
	if len(whole)%2 == 1 {
		whole = "0" + whole
	}
	if len(part)%2 == 1 {
		part += "0"
	}
	digits, exponent := whole+part, len(whole)/2-1
	for strings.HasPrefix(digits, "00") {
		digits, exponent = digits[2:], exponent-1
	}
	for strings.HasSuffix(digits, "00") {
		digits = digits[:len(digits)-2]
	}
	if len(digits)/2 > decimalDigits || exponent > exponentMax || exponent < exponentMin {
		return nil, ErrValue
	}
	return packDecimal(digits, exponent, negative), nil
}

// packDecimal encodes the exponent and pairs of decimal digits.
func packDecimal(digits string, exponent int, negative bool) []byte {
	out := []byte{byte(decimalPositive + exponent)}
	if negative {
		out[0] = byte(decimalNegative - exponent)
	}
	for i := 0; i < len(digits); i += 2 {
		d := (digits[i]-'0')*10 + digits[i+1] - '0'
		if negative {
			out = append(out, 101-d)
		} else {
			out = append(out, d+1)
		}
	}
	if negative && len(out) < decimalBytes {
		out = append(out, decimalEnd)
	}
	return out
}

// DecodeDecimal returns the number as text such as "-12.5", without an exponent and superfluous zeros. It returns ErrValue for
// invalid bytes.
func DecodeDecimal(b []byte) (string, error) {
	if len(b) == 0 || len(b) > decimalBytes {
		return "", ErrValue
	}
	if b[0] == decimalZero {
		return "0", nil
	}
	negative := b[0] < decimalZero
	exponent, digits := int(b[0])-decimalPositive, b[1:]
	if negative {
		exponent = decimalNegative - int(b[0])
		if n := len(digits); n > 0 && digits[n-1] == decimalEnd {
			digits = digits[:n-1]
		}
	}
	if exponent < exponentMin || exponent > exponentMax {
		return "", ErrValue
	}
	var pairs strings.Builder
	for _, c := range digits {
		d := int(c) - 1
		if negative {
			d = 101 - int(c)
		}
		if d < 0 || d > 99 {
			return "", ErrValue
		}
		pairs.WriteByte(byte('0' + d/10))
		pairs.WriteByte(byte('0' + d%10))
	}
	switch {
	case pairs.Len() == 0:
		return "", ErrValue
	case strings.Trim(pairs.String(), "0") == "":
		return "0", nil
	}
	return placePoint(pairs.String(), exponent, negative), nil
}

// placePoint inserts the decimal point after the pair of digits with the number exponent.
func placePoint(digits string, exponent int, negative bool) string {
	point := 2 * (exponent + 1)
	if point < 0 {
		digits, point = strings.Repeat("0", -point)+digits, 0
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole, part := strings.TrimLeft(digits[:point], "0"), strings.TrimRight(digits[point:], "0")
	if whole == "" {
		whole = "0"
	}
	if part != "" {
		whole += "." + part
	}
	if negative {
		whole = "-" + whole
	}
	return whole
}
