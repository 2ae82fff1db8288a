package benchtext

// Past returns the rest of a line behind its first field, which has length bytes, and the blanks after it. It is not ok if
// the field is empty or longer. Blanks beyond ASCII are left to benchfmt.
func Past(line []byte, length int) (rest []byte, ok bool) {
	const blanks = 1<<' ' | 1<<'\t' | 1<<'\r' | 1<<'\n'
	i := length
	for i < len(line) && line[i] <= ' ' && blanks>>line[i]&1 == 1 {
		i++
	}
	return line[i:], length > 0 && (i > length || i == len(line))
}

// Digits returns the number of digits at the beginning of a line.
func Digits(line []byte) (n int) {
	for n < len(line) && line[n] >= '0' && line[n] <= '9' {
		n++
	}
	return n
}

// powers of ten that a float64 holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// Decimal reads a number of up to 15 digits without sign or exponent at the beginning of a line, and returns its length in
// bytes, 0 if there is no such number. Its digits and its
// power of ten are exact, so the quotient is the nearest float64 (Clinger 1990), the same that strconv.ParseFloat finds.
func Decimal(line []byte) (v float64, length int) {
	whole, before, after := uint64(0), 0, 0
	for before < len(line) && line[before]-'0' < 10 {
		whole = whole*10 + uint64(line[before]-'0')
		before++
	}
	if length = before; length < len(line) && line[length] == '.' {
		for length++; length < len(line) && line[length]-'0' < 10; length++ {
			whole = whole*10 + uint64(line[length]-'0')
		}
		after = length - before - 1
	}
	if length >= len(powers) || length == 1 && before == 0 {
		return 0, 0
	}
	if after == 0 { // half of all numbers are whole, and a division is slow
		return float64(whole), length
	}
	return float64(whole) / powers[after], length
}
