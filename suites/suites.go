// Package suites lists all suites. Each is a package below this one, and checks one item.
package suites

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/suites/abi"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto"
	"github.com/xcmatrix/xcmatrix/suites/database"
	"github.com/xcmatrix/xcmatrix/suites/disk"
	"github.com/xcmatrix/xcmatrix/suites/elf"
	"github.com/xcmatrix/xcmatrix/suites/gc"
	"github.com/xcmatrix/xcmatrix/suites/http"
	"github.com/xcmatrix/xcmatrix/suites/kernel"
	"github.com/xcmatrix/xcmatrix/suites/overhead"
	"github.com/xcmatrix/xcmatrix/suites/sched"
	"github.com/xcmatrix/xcmatrix/suites/selftest"
	"github.com/xcmatrix/xcmatrix/suites/tls"
	"github.com/xcmatrix/xcmatrix/suites/toolchain"
)

// All returns all suites, in the order in which tables show them.
func All() []check.Suite {
	return []check.Suite{
		crypto.Suite,
		tls.Suite,
		http.Suite,
		database.Suite,
		abi.Suite,
		disk.Suite,
		gc.Suite,
		elf.Suite,
		kernel.Suite,
		sched.Suite,
		toolchain.Suite,
		selftest.Suite,
		overhead.Suite,
	}
}

// Find returns the suite of an item, and whether there is one.
func Find(item string) (check.Suite, bool) {
	i := slices.IndexFunc(All(), func(s check.Suite) bool { return s.Item == item })
	if i < 0 {
		return check.Suite{}, false
	}
	return All()[i], true
}
