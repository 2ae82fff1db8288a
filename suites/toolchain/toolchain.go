// Package toolchain checks the Go compiler and standard library on the target: what compiled code does, what the
// library's assembly for the architecture gives, what profilers see, and the go command where there is one.
package toolchain

import (
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item toolchain.
var Suite = check.Suite{Item: "toolchain", Specs: specs, Reads: []string{"GOCACHE"}}

func specs() {
	Context("build", builds)
	Context("compiled code", language)
	Context("bytes", assembly)
	Context("digest", digests)
	Context("library", library)
	Context("profile", profiles)
	Context("go command", check.Within(3*time.Minute), command)
}
