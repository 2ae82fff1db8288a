package ranktest

// levels are the values of an ascending sample, each once, and how many of the sample are up to each. Times of few digits
// have few levels, however long the sample.
type levels struct {
	of   []float64
	upTo []int
}

// take takes the levels of a sample. It returns false, and has not all of them, where they are more than a quarter of the
// values.
func (l *levels) take(sample []float64) bool {
	l.of, l.upTo = l.of[:0], l.upTo[:0]
	for i, v := range sample {
		if i+1 == len(sample) || sample[i+1] != v {
			if 4*len(l.of) >= len(sample) {
				return false
			}
			l.of, l.upTo = append(l.of, v), append(l.upTo, i+1)
		}
	}
	return true
}

// atMost counts the quotients, of a value of b and one of l, that are at most so great.
func (l *levels) atMost(b *levels, ratio float64) (n int) {
	j, below, before := 0, 0, 0
	for i, v := range l.of {
		limit := ratio * v
		for j < len(b.of) && b.of[j] <= limit {
			below = b.upTo[j]
			j++
		}
		n += (l.upTo[i] - before) * below
		before = l.upTo[i]
	}
	return n
}
