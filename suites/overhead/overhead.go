// Package overhead is a hidden item of specs that do nothing: what a run of them costs is the harness's own.
package overhead

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Count is how many specs there are.
const Count = 1000

// Suite is the item overhead.
var Suite = check.Suite{Item: "overhead", Hidden: true, Specs: specs}

func specs() {
	for i := range Count {
		It(fmt.Sprintf("does nothing, %d", i), func() {})
	}
}
