package series

import "bytes"

// Most of a file's lines repeat: the name was met before, with the same units in the same order, and its numbers are
// plain. Those lines are taken in here, ten times as fast. Whatever is new or unusual goes to benchfmt, which is also
// asked first after each line that may have changed the configuration.

var benchmarkPrefix = []byte("Benchmark")

// take takes a result line in, or returns false.
func (r *reader) take(line []byte, number int) bool {
	if !bytes.HasPrefix(line, benchmarkPrefix) {
		r.steady = false
		return false
	}
	if !r.steady {
		return false
	}
	name, rest := field(line[len(benchmarkPrefix):])
	iterations, rest := field(rest)
	if _, ok := decimal(iterations); !ok || bytes.IndexByte(iterations, '.') >= 0 {
		return false
	}
	if r.named(name) == nil {
		return false
	}
	known := *r.known
	r.values = r.values[:0]
	for len(rest) > 0 {
		at := len(r.values)
		if at == len(known) || known[at].pkg != r.pkg {
			return false
		}
		var digits, unit []byte
		digits, rest = field(rest)
		unit, rest = field(rest)
		v, ok := decimal(digits)
		if !ok || string(unit) != known[at].written || v == 0 && positive(known[at].unit) {
			return false
		}
		r.values = append(r.values, v*known[at].factor)
	}
	for at, v := range r.values {
		r.add(known[at].index, number, v)
	}
	return len(r.values) > 0
}

// field cuts a line behind its first field and the blanks that follow. Blanks other than these stay in the field, which
// is then of no known name or unit.
func field(line []byte) (field, rest []byte) {
	i := 0
	for i < len(line) && line[i] != ' ' && line[i] != '\t' && line[i] != '\n' {
		i++
	}
	field = line[:i]
	for i < len(line) && (line[i] == ' ' || line[i] == '\t' || line[i] == '\n') {
		i++
	}
	return field, line[i:]
}

// powers of ten that a float64 holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// decimal reads a number of up to 15 digits without sign or exponent. Its digits and its power of ten are exact, so the
// quotient is the nearest float64 (Clinger 1990), the same that strconv.ParseFloat finds.
func decimal(digits []byte) (v float64, ok bool) {
	if len(digits) == 0 || len(digits) >= len(powers) {
		return 0, false
	}
	whole, point := 0, -1
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			whole = whole*10 + int(c-'0')
		case c == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	if point < 0 {
		return float64(whole), true
	}
	return float64(whole) / powers[len(digits)-1-point], len(digits) > 1
}
