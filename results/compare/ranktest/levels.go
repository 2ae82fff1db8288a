package ranktest

// levels has the distinct values of an ascending sample, and for each the number of samples up to it. Times of few digits
// have few levels, however long the sample is.
type levels struct {
	of   []float64
	upTo []int
}

// set computes the levels of a sample. It returns false, and stops, if there are more than a quarter of the values.
func (l *levels) set(sample []float64) bool {
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

// atMost returns the number of quotients, of a value of b and one of l, that are at most ratio.
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
