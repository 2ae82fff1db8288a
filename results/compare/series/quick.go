package series

import (
	"bytes"
	"unicode/utf8"

	"github.com/xcmatrix/xcmatrix/results/compare/series/benchtext"
)

// Most lines of a file repeat earlier ones: their name, or another one, came before with the same units in the same order,
// and their numbers are plain. This file reads such lines ten times as fast as benchfmt. benchfmt reads all others, and the
// first result after each line that may have changed the configuration.

// quick adds the values of a result line. It returns false, and adds nothing, if benchfmt has to read the line.
func (r *reader) quick(line []byte, number int) bool {
	if !bytes.HasPrefix(line, benchtext.Prefix) {
		r.steady = false
		return false
	}
	if !r.steady || r.known == nil {
		return false
	}
	text, n, rest := r.name(line)
	iterations := benchtext.Digits(rest)
	rest, ok := benchtext.Past(rest, iterations)
	if !ok || iterations > 18 { // more might not fit an int
		return false
	}
	units := r.known.units // a new name usually has the units of the one before
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
		v, length := benchtext.Decimal(rest)
		if rest, ok = benchtext.Past(rest, length); !ok || !bytes.HasPrefix(rest, unit.written) {
			return false
		}
		if rest, ok = benchtext.Past(rest, len(unit.written)); !ok || v == 0 && unit.positive {
			return false
		}
		r.values = append(r.values, v*unit.factor)
	}
	if len(r.values) == 0 {
		return false
	}
	if n == nil {
		n = r.newNameLike(text, units[:len(r.values)])
	} else if n != r.known {
		r.remember(n, text)
	}
	r.addLine(n.benchmarks[:len(r.values)], number, r.values)
	return true
}

// name returns the text of a line's name, its entry if the name is known, and the rest of the line. The rest is empty if
// benchfmt has to decide where the name ends.
func (r *reader) name(line []byte) (text []byte, n *name, rest []byte) {
	if bytes.HasPrefix(line, r.last) {
		if rest, ok := benchtext.Past(line, len(r.last)); ok {
			return r.last[len(benchtext.Prefix):], r.known, rest
		}
	}
	line = line[len(benchtext.Prefix):]
	length, plain := 0, true
	for length < len(line) && line[length] != ' ' && line[length] != '\t' {
		plain = plain && line[length] > ' ' && line[length] < utf8.RuneSelf
		length++
	}
	rest, ok := benchtext.Past(line, length)
	n = r.names[string(line[:length])]
	if !ok || n == nil && !plain {
		return nil, nil, nil
	}
	return line[:length], n, rest
}
