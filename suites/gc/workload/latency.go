package workload

import (
	"math"
	"math/bits"
	"time"
)

// Latencies is a histogram with 32 buckets for each power of two of nanoseconds: a quantile is at most 1/32 too high. It takes no
// memory of the heap while it is filled.
type Latencies struct {
	counts [64 * fine]uint32
	most   time.Duration
	n      uint64
}

const (
	fineBits = 5
	fine     = 1 << fineBits
)

func (l *Latencies) add(d time.Duration) {
	l.counts[bucket(uint64(max(d, 0)))]++
	l.n++
	l.most = max(l.most, d)
}

// bucket returns the number of the bucket of a value.
func bucket(v uint64) int {
	if v < fine {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - fineBits
	return (shift+1)<<fineBits + int(v>>shift)&(fine-1)
}

// upper returns the largest value of a bucket.
func upper(bucket int) uint64 {
	if bucket < fine {
		return uint64(bucket)
	}
	shift := bucket>>fineBits - 1
	return uint64(fine+bucket&(fine-1)+1)<<shift - 1
}

func (l *Latencies) merge(other *Latencies) {
	for i, c := range other.counts {
		l.counts[i] += c
	}
	l.n += other.n
	l.most = max(l.most, other.most)
}

// Quantile returns the q-quantile; 0 if there are no values.
func (l *Latencies) Quantile(q float64) time.Duration {
	rank, seen := uint64(math.Ceil(q*float64(l.n))), uint64(0)
	for i, c := range l.counts {
		if seen += uint64(c); seen >= rank && c > 0 {
			return min(time.Duration(upper(i)), l.most)
		}
	}
	return l.most
}
