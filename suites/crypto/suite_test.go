package crypto

import (
	"runtime"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSuite(t *testing.T) {
	waivers, err := matrix.Waivers()
	if err != nil {
		t.Fatal(err)
	}
	check.Test(t, Suite, func(finding string) bool {
		_, known := waivers.Of(finding, [][]string{{"native", runtime.GOARCH}}, time.Now())
		return known
	})
}
