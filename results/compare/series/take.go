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
	rest, ok := r.name(line[len(benchmarkPrefix):])
	if !ok {
		return false
	}
	iterations := digits(rest)
	if rest, ok = past(rest, iterations); !ok || iterations > 18 { // more might not fit an int
		return false
	}
	known := *r.known
	r.values = r.values[:0]
	for len(rest) > 0 {
		at := len(r.values)
		if at == len(known) || known[at].pkg != r.pkg {
			return false
		}
		unit := known[at].unit
		v, length := decimal(rest)
		if rest, ok = past(rest, length); !ok || !bytes.HasPrefix(rest, unit.written) {
			return false
		}
		if rest, ok = past(rest, len(unit.written)); !ok || v == 0 && unit.positive {
			return false
		}
		r.values = append(r.values, v*unit.factor)
	}
	for at, v := range r.values {
		r.add(known[at].index, number, v)
	}
	return len(r.values) > 0
}

// name reads a name that is known, and returns what follows.
func (r *reader) name(line []byte) (rest []byte, ok bool) {
	if r.known != nil && bytes.HasPrefix(line, r.last) {
		if rest, ok = past(line, len(r.last)); ok {
			return rest, true
		}
	}
	length := max(0, bytes.IndexAny(line, " \t"))
	if r.named(line[:length]) == nil {
		return nil, false
	}
	return past(line, length)
}

// past returns what follows the first field, of this length, and the blanks behind it. It is not ok if there is no such
// field, or it is longer. Blanks other than these are left to benchfmt.
func past(line []byte, length int) (rest []byte, ok bool) {
	i := length
	for i < len(line) && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r' || line[i] == '\n') {
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
	before := digits(line)
	length = before
	if length < len(line) && line[length] == '.' {
		length += 1 + digits(line[length+1:])
	}
	if length >= len(powers) || length == 1 && before == 0 {
		return 0, 0
	}
	whole := 0
	for _, c := range line[:length] {
		if c != '.' {
			whole = whole*10 + int(c-'0')
		}
	}
	if length == before {
		return float64(whole), length
	}
	return float64(whole) / powers[length-before-1], length
}
