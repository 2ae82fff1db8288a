// Package values has the cases about single values: what a driver makes of a Go value on its way into a column and back.
// These conversions may depend on the processor.
package values

import (
	"slices"
)

// Cases are all of this package, in the order in which they run.
var Cases = slices.Concat(numbers, floats, texts, times, types)
