package http

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/waivertest"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSuite(t *testing.T) { check.Test(t, Suite, waivertest.Native(t)) }
