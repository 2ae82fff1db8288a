// Package selftest is the hidden item that the harness proves itself with: each spec does one thing that a harness
// must survive, and says in its text which verdict is the right one.
package selftest

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item selftest.
var Suite = check.Suite{Item: "selftest", Hidden: true, Specs: specs}

func specs() {
	It("passes", func() { Expect(1 + 1).To(Equal(2)) })
	It("fails", func() { Expect(1 + 1).To(Equal(3)) })
	It("panics", func() { panic("planted") })
}
