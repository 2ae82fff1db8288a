package series

import (
	"bytes"
	"unicode/utf8"
)

// Most of a file's lines repeat: the name, or at least another one, was met before with the same units in the same order,
// and the numbers are plain. Those lines are taken in here, ten times as fast. Whatever is new or unusual goes to
// benchfmt, which is also asked first after each line that may have changed the configuration.

var benchmarkPrefix = []byte("Benchmark")

// take takes a result line in, or returns false.
func (r *reader) take(line []byte, number int) bool {
	if !bytes.HasPrefix(line, benchmarkPrefix) {
		r.steady = false
		return false
	}
	if !r.steady || r.known == nil {
		return false
	}
	text, n, rest := r.name(line)
	iterations := digits(rest)
	rest, ok := past(rest, iterations)
	if !ok || iterations > 18 { // more might not fit an int
		return false
	}
	units := r.known.units // a new name mostly has those of the one before
	if n != nil {
		units = n.units
	}
	r.values = r.values[:0]
	for len(rest) > 0 {
		at := len(r.values)
		if at == len(units) {
			return false
		}
		unit := units[at]
		v, length := decimal(rest)
		if rest, ok = past(rest, length); !ok || !bytes.HasPrefix(rest, unit.written) {
			return false
		}
		if rest, ok = past(rest, len(unit.written)); !ok || v == 0 && unit.positive {
			return false
		}
		r.values = append(r.values, v*unit.factor)
	}
	if len(r.values) == 0 {
		return false
	}
	if n == nil {
		n = r.like(text, units[:len(r.values)])
	} else if n != r.known {
		r.know(n, text)
	}
	r.put(n.benchmarks[:len(r.values)], number, r.values)
	return true
}

// name returns a line's name, what is known under it, and what follows; nothing follows where benchfmt has to say what
// the name is.
func (r *reader) name(line []byte) (text []byte, n *name, rest []byte) {
	if bytes.HasPrefix(line, r.last) {
		if rest, ok := past(line, len(r.last)); ok {
			return r.last[len(benchmarkPrefix):], r.known, rest
		}
	}
	line = line[len(benchmarkPrefix):]
	length, plain := 0, true
	for length < len(line) && line[length] != ' ' && line[length] != '\t' {
		plain = plain && line[length] > ' ' && line[length] < utf8.RuneSelf
		length++
	}
	rest, ok := past(line, length)
	n = r.names[string(line[:length])]
	if !ok || n == nil && !plain {
		return nil, nil, nil
	}
	return line[:length], n, rest
}

// past returns what follows the first field, of this length, and the blanks behind it. It is not ok if there is no such
// field, or it is longer. Blanks other than these are left to benchfmt.
func past(line []byte, length int) (rest []byte, ok bool) {
	const blanks = 1<<' ' | 1<<'\t' | 1<<'\r' | 1<<'\n'
	i := length
	for i < len(line) && line[i] <= ' ' && blanks>>line[i]&1 == 1 {
		i++
	}
	return line[i:], length > 0 && (i > length || i == len(line))
}

// digits counts the digits at the beginning of a line.
func digits(line []byte) (n int) {
	for n < len(line) && line[n] >= '0' && line[n] <= '9' {
		n++
	}
	return n
}

// powers of ten that a float64 holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// decimal reads a number of up to 15 digits without sign or exponent, and returns its length too. Its digits and its
// power of ten are exact, so the quotient is the nearest float64 (Clinger 1990), the same that strconv.ParseFloat finds.
func decimal(line []byte) (v float64, length int) {
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
