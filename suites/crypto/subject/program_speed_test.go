package subject

import (
	"slices"
	"testing"
)

func TestFiguresOfOpenSSLSpeed(t *testing.T) {
	for _, c := range []struct {
		name, out string
		n         int
		want      []float64 // nil where it is to be refused
	}{
		{"digest", "+H:16384\n+F:25:sm3:77434283.50\n", 1, []float64{77434283.5}},
		{"signature", "+F7:0:256:CurveSM2:654.000000:852.000000\n", 2, []float64{654, 852}},
		{"nothing measured", "+H:16384\n", 1, nil},
		{"no figure", "+F:25:sm3:fast\n", 1, nil},
		{"a rate of nothing", "+F:25:sm3:0\n", 1, nil},
		{"too few", "+F:1\n", 2, nil},
	} {
		got, err := speedLine([]byte(c.out), c.n)
		if !slices.Equal(got, c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}
