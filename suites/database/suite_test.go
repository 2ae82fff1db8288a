package database_test

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/waivertest"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database"
	"github.com/xcmatrix/xcmatrix/suites/database/servers/servertest"
)

func TestSuite(t *testing.T) {
	servertest.Setenv(t)
	check.Test(t, database.Suite, waivertest.Native(t))
}

func TestMain(m *testing.M) { servertest.Main(m) }
