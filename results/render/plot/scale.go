package plot

import (
	"math"
	"strconv"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// scale places the values of an axis on the page.
type scale struct {
	low, high float64 // logarithms if log
	from, to  float64 // pixels
	log       bool
	ticks     []Tick
}

// scale returns the scale for values, with a margin around them.
func (a Axis) scale(values []float64, from, to float64) scale {
	s := scale{low: math.Inf(1), high: math.Inf(-1), from: from, to: to, log: a.Log}
	for _, t := range a.Ticks {
		values = append(values, t.At)
	}
	for _, v := range values {
		if s.has(v) {
			s.low, s.high = min(s.low, s.of(v)), max(s.high, s.of(v))
		}
	}
	if s.low > s.high { // no values
		s.low, s.high = s.of(1), s.of(10)
	}
	if a.Zero && !a.Log {
		s.low = min(s.low, 0)
	}
	if s.high == s.low {
		s.high++
	}
	margin := float64((s.high - s.low) * 0.06)
	if s.high += margin; !a.Zero || a.Log {
		s.low -= margin
	}
	if s.ticks = a.Ticks; s.ticks == nil {
		for _, v := range s.chooseTicks() {
			s.ticks = append(s.ticks, Tick{v, record.Say(a.number(v), "")})
		}
	}
	return s
}

// beyond is a size of numbers that no measurement has, far below what overflows.
const beyond = 1e300

// has reports whether the value can be placed.
func (s scale) has(v float64) bool {
	return !math.IsNaN(v) && math.Abs(v) < beyond && (!s.log || v > 1/beyond)
}

// of returns where a value lies on the scale, before it is stretched to pixels: its logarithm on a logarithmic scale.
func (s scale) of(v float64) float64 {
	if s.log {
		return math.Log10(v)
	}
	return v
}

// offBoundary keeps coordinates off the middle between two that can be written, where the last bit of a logarithm, which is not the
// same on all processors, would decide how they are rounded.
const offBoundary = 0.0137

// place returns where a value is, in pixels. The conversions keep processors from adding and multiplying at once, which rounds
// differently.
func (s scale) place(v float64) float64 {
	part := (s.of(v) - s.low) / (s.high - s.low)
	return s.from + float64(part*(s.to-s.from)) + offBoundary
}

// chooseTicks returns four to nine round numbers within the scale; fewer if it has few.
func (s scale) chooseTicks() (ticks []float64) {
	if s.log {
		for _, steps := range [][]float64{{1}, {1, 3}, {1, 2, 5}} {
			ticks = ticks[:0]
			for decade := math.Floor(s.low); decade <= s.high; decade++ {
				for _, step := range steps {
					if v := step * math.Pow(10, decade); s.of(v) >= s.low && s.of(v) <= s.high {
						ticks = append(ticks, v)
					}
				}
			}
			if len(ticks) >= 3 {
				return ticks
			}
		}
		if len(ticks) >= 2 {
			return ticks
		}
		return []float64{math.Pow(10, s.low+(s.high-s.low)*0.1), math.Pow(10, s.high-(s.high-s.low)*0.1)}
	}
	step := math.Pow(10, math.Floor(math.Log10((s.high-s.low)/4)))
	for _, times := range []float64{5, 2} {
		if (s.high-s.low)/(step*times) >= 4 {
			step *= times
			break
		}
	}
	for i := math.Ceil(s.low / step); i*step <= s.high; i++ {
		ticks = append(ticks, i*step+0) // never -0
	}
	return ticks
}

// number writes a value at a tick.
func (a Axis) number(v float64) string {
	if a.Format != nil {
		return a.Format(v)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
