package toolchain

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSuite(t *testing.T) { check.Test(t, Suite) }
