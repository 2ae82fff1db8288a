package figure

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/render/plot"
)

// word returns the i-th word of a name; "" if it has fewer.
func (l line) word(i int) string {
	if i < len(l.words) {
		return l.words[i]
	}
	return ""
}

// inOrder compares names word by word: numbers behind "=" by size, anything else as text.
func inOrder(a, b line) int {
	for i := range max(len(a.words), len(b.words)) {
		x, y := a.word(i), b.word(i)
		m, isNumber := number(x)
		n, both := number(y)
		if by := cmp.Compare(m, n); isNumber && both && by != 0 {
			return by
		}
		if by := cmp.Compare(x, y); by != 0 {
			return by
		}
	}
	return 0
}

// number returns the number behind "=", with a unit of memory where it has one: "GOGC=400", "GOMEMLIMIT=64MiB".
func number(word string) (n float64, is bool) {
	_, value, _ := strings.Cut(word, "=")
	factor := 1.0
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if digits, is := strings.CutSuffix(value, unit); is {
			value, factor = digits, float64(uint64(1)<<(10*(i+1)))
		}
	}
	n, err := strconv.ParseFloat(value, 64)
	return n * factor, err == nil
}

// split divides benchmarks until each part has as many as there are colours: by the word that has the fewest values.
func split(lines []line) [][]line {
	if len(lines) == 0 {
		return nil
	}
	if len(lines) <= plot.Colours {
		return [][]line{lines}
	}
	by, fewest := -1, 0
	for i := range longest(lines) {
		if n := len(valuesOf(lines, i)); n > 1 && (by < 0 || n < fewest) {
			by, fewest = i, n
		}
	}
	if by < 0 {
		return slices.Collect(slices.Chunk(lines, plot.Colours))
	}
	var all [][]line
	for _, value := range valuesOf(lines, by) {
		var part []line
		for _, l := range lines {
			if l.word(by) == value {
				part = append(part, l)
			}
		}
		all = append(all, split(part)...)
	}
	return all
}

// valuesOf returns the values of the i-th word, in the order of names.
func valuesOf(lines []line, i int) (values []string) {
	for _, l := range lines {
		if !slices.Contains(values, l.word(i)) {
			values = append(values, l.word(i))
		}
	}
	return values
}

func longest(lines []line) (n int) {
	for _, l := range lines {
		n = max(n, len(l.words))
	}
	return n
}

// parts returns the words that all names have in common, and of each name what differs.
func parts(lines []line) (common, differ []string) {
	own := make([][]string, len(lines))
	for i := range longest(lines) {
		if len(valuesOf(lines, i)) == 1 {
			common = append(common, lines[0].word(i))
			continue
		}
		for n, l := range lines {
			if w := l.word(i); w != "" {
				own[n] = append(own[n], w)
			}
		}
	}
	for _, words := range own {
		differ = append(differ, strings.Join(words, " "))
	}
	return common, differ
}
