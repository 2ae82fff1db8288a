package benchtext

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestDecimal(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 10000 {
		text := strconv.FormatFloat(r.Float64()*1e6, 'f', r.IntN(9), 64)
		want, err := strconv.ParseFloat(text, 64)
		got, length := Decimal([]byte(text + " ns/op"))
		if length == 0 && len(text) >= len(powers) {
			continue
		}
		if err != nil || got != want || length != len(text) {
			t.Errorf("%s is read as %v, %d bytes; want %v", text, got, length, want)
		}
	}
}
