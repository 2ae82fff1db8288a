package database_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database"
	"github.com/xcmatrix/xcmatrix/suites/database/servers/servertest"
)

func TestSuite(t *testing.T) {
	waivers, err := matrix.Waivers()
	if err != nil {
		t.Fatal(err)
	}
	servertest.Setenv(t)
	check.Test(t, database.Suite, func(finding string) bool {
		_, known := waivers.Of(finding, [][]string{{"native", runtime.GOARCH}}, time.Now())
		return known
	})
}

func TestMain(m *testing.M) { servertest.Main(m) }
