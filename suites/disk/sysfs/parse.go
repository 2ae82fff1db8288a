package sysfs

const maxUint64 = 1<<64 - 1

// ParseDecimal returns the value of a decimal number. White space around it is ignored; anything else is ErrSyntax, and a number
// above 64 bits ErrRange.
func ParseDecimal(text []byte) (uint64, error) {
	text = trim(text)
	if len(text) == 0 {
		return 0, ErrSyntax
	}
	var value uint64
	for _, c := range text {
		digit := uint64(c - '0')
		if c < '0' || c > '9' {
			return 0, ErrSyntax
		}
		if value > (maxUint64-digit)/10 {
			return 0, rangeOrSyntax(text, isDecimal)
		}
		value = value*10 + digit
	}
	return value, nil
}

// ParseHex returns the value of a hexadecimal number, with or without 0x before it.
func ParseHex(text []byte) (uint64, error) {
	text = trim(text)
	if len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' {
		text = text[2:]
	}
	if len(text) == 0 {
		return 0, ErrSyntax
	}
	var value uint64
	for _, c := range text {
		digit, ok := hexDigit(c)
		if !ok {
			return 0, ErrSyntax
		}
		if value>>60 != 0 {
			return 0, rangeOrSyntax(text, func(c byte) bool { _, ok := hexDigit(c); return ok })
		}
		value = value<<4 | digit
	}
	return value, nil
}

// ParseNumber returns the two parts of a device number, major:minor.
func ParseNumber(text []byte) (major, minor uint32, err error) {
	for i, c := range text {
		if c != ':' {
			continue
		}
		a, err := ParseDecimal(text[:i])
		if err != nil {
			return 0, 0, err
		}
		b, err := ParseDecimal(text[i+1:])
		if err != nil {
			return 0, 0, err
		}
		if a>>32 != 0 || b>>32 != 0 {
			return 0, 0, ErrRange
		}
		return uint32(a), uint32(b), nil
	}
	return 0, 0, ErrSyntax
}

// rangeOrSyntax returns ErrRange if all of the text are digits: what follows the digits that fit decides which error it is.
func rangeOrSyntax(text []byte, isDigit func(byte) bool) error {
	for _, c := range text {
		if !isDigit(c) {
			return ErrSyntax
		}
	}
	return ErrRange
}

func isDecimal(c byte) bool { return c >= '0' && c <= '9' }

func hexDigit(c byte) (uint64, bool) {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0'), true
	case c >= 'a' && c <= 'f':
		return uint64(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return uint64(c-'A') + 10, true
	}
	return 0, false
}

// trim removes white space at both ends.
func trim(text []byte) []byte {
	for len(text) > 0 && isSpace(text[0]) {
		text = text[1:]
	}
	for len(text) > 0 && isSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }
