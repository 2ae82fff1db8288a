package bootstrap

import "math"

// Quantile returns the value below which a share of the values lies. It reorders them.
func Quantile(values []float64, share float64) float64 {
	at := share * float64(len(values)-1)
	low := int(at)
	a := nth(values, low)
	if low+1 == len(values) {
		return a
	}
	b := math.Inf(1)
	for _, v := range values[low+1:] {
		b = min(b, v)
	}
	return a + (b-a)*(at-float64(low))
}

// nth puts the value that would stand at index n of the sorted values there, no greater ones before it and no smaller
// ones behind it (Hoare 1961), and returns it.
func nth(values []float64, n int) float64 {
	low, high := 0, len(values)-1
	for low < high {
		pivot := values[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return values[n]
		}
	}
	return values[n]
}

// Deviation is the standard deviation of values.
func Deviation(values []float64) float64 {
	mean := 0.0
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	sum := 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(values)-1))
}
