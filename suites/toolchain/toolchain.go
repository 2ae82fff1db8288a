// Package toolchain checks the Go compiler and the standard library on the target: the behaviour of compiled code, the results of
// the library's assembly for the architecture, the output of profilers, and the go command if there is one.
package toolchain

import (
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/diagnosis"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Suite is the item toolchain.
var Suite = check.Suite{Item: "toolchain", Specs: specs, Reads: append(diagnosis.Variables(), "GOCACHE")}

func specs() {
	Context("build", builds)
	Context("installation", installation)
	Context("compiled code", language)
	Context("bytes", assembly)
	Context("digest", digests)
	Context("library", library)
	Context("profile", profiles)
	Context("proxy", proxies)
	Context("cross compilation", check.Within(3*time.Minute), cross)
	Context("go command", check.Within(3*time.Minute), command)
}
