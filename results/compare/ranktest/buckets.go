package ranktest

import (
	"bytes"
	"slices"
)

// buckets finds two of the ordered quotients of short samples. It sorts all quotients into buckets of the range where the
// two are expected, and orders only the two buckets that contain them.
type buckets struct {
	of    [exactLimit * exactLimit]byte // bucket of each quotient, by a and then by b
	sizes [1 << 8]uint16                // of the buckets; the first and the last have all quotients beyond the range
	found [exactLimit * 8]float64       // in one bucket
}

// quotients returns the rank-th smallest and the rank-th largest of all b[j]/a[i]; rank counts from 1. It returns false
// if there are too many quotients, or if they scatter otherwise than expected.
func (s *buckets) quotients(a, b []float64, rank int) (low, high float64, ok bool) {
	pairs := len(a) * len(b)
	if pairs > len(s.of) {
		return 0, 0, false
	}
	share := float64(rank) / float64(pairs)
	from, to := expected(a, b, share-0.15), expected(a, b, 1.15-share)
	scale := float64(len(s.sizes)) / (to - from)
	if from >= to || b[len(b)-1]/a[0]*scale >= 1<<62 { // larger values do not fit an int
		return 0, 0, false
	}
	s.fill(a, b, from, scale)
	if low, ok = s.nth(a, b, rank); ok {
		high, ok = s.nth(a, b, pairs-rank+1)
	}
	return low, high, ok
}

// fill puts each quotient into the bucket for its distance from from, in steps of 1/scale. It counts those in the first
// and the last bucket without storing them: as b ascends, they are at the two ends of each row, and move up with a.
func (s *buckets) fill(a, b []float64, from, scale float64) {
	clear(s.sizes[:])
	clear(s.of[:len(a)*len(b)])
	from *= scale
	last := len(s.sizes) - 1
	low, high := 0, 0
	for i, v := range a {
		times := scale / v
		for low < len(b) && b[low]*times-from < 1 {
			low++
		}
		for high < len(b) && b[high]*times-from < float64(last) {
			high++
		}
		s.sizes[0] += uint16(low)
		s.sizes[last] += uint16(len(b) - high)
		row := s.of[i*len(b):][low:high]
		for j, w := range b[low:high] {
			bucket := uint8(int(w*times - from))
			row[j] = bucket
			s.sizes[bucket]++
		}
	}
}

// nth returns the rank-th smallest quotient; false if it is beyond the buckets.
func (s *buckets) nth(a, b []float64, rank int) (quotient float64, ok bool) {
	bucket, under := 0, 0
	for under+int(s.sizes[bucket]) < rank {
		under += int(s.sizes[bucket])
		bucket++
	}
	if bucket == 0 || bucket == len(s.sizes)-1 || int(s.sizes[bucket]) > len(s.found) {
		return 0, false
	}
	found := s.found[:0]
	for at := 0; len(found) < int(s.sizes[bucket]); at++ {
		at += bytes.IndexByte(s.of[at:], byte(bucket))
		found = append(found, b[at%len(b)]/a[at/len(b)])
	}
	slices.Sort(found)
	return found[rank-under-1], true
}
