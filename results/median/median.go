// Package median computes medians.
package median

import (
	"math"
	"slices"
)

// Number is a type whose values have a middle.
type Number interface{ ~float64 | ~int64 }

// Of returns the median of values, which it does not change; of an even number of values the mean of the two in the middle.
// The median of no values is NaN, or 0 for integers.
func Of[T Number](values []T) T { return OfSorted(slices.Sorted(slices.Values(values))) }

// OfSorted returns the median of values in ascending order.
func OfSorted[T Number](sorted []T) T {
	n := len(sorted)
	if n == 0 {
		return none[T]()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// none returns NaN, or 0 for integers.
func none[T Number]() T {
	nan := math.NaN()
	if half := 0.5; T(half) != 0 {
		return T(nan)
	}
	return 0
}
