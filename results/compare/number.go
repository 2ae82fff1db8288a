package compare

import (
	"encoding/json"
	"math"
)

// Number is a number that may be unknown: NaN, and null in JSON. Infinities are null too.
type Number float64

var nan = Number(math.NaN())

// Known reports whether the number is known.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes null for an unknown number.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as NaN.
func (n *Number) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*n = nan
		return nil
	}
	return json.Unmarshal(raw, (*float64)(n))
}
