// Package overhead is a hidden item of specs that do nothing: the cost of a run of them is that of the harness.
package overhead

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Count is the number of specs.
const Count = 1000

// Suite is the item overhead.
var Suite = check.Suite{Item: "overhead", Hidden: true, Specs: specs}

func specs() {
	for i := range Count {
		It(fmt.Sprintf("does nothing, %d", i), func() {})
	}
}
