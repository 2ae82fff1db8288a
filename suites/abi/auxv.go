package abi

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Keys of the auxiliary vector, getauxval(3).
const (
	atPageSize    = 6  // AT_PAGESZ
	atHWCAP       = 16 // AT_HWCAP
	atClockTick   = 17 // AT_CLKTCK
	atRandom      = 25 // AT_RANDOM
	atVDSO        = 33 // AT_SYSINFO_EHDR
	atMinSigStack = 51 // AT_MINSIGSTKSZ, Linux 5.14
)

// value returns that of a key that every kernel gives, and its name as a fact.
func value(key uintptr) uintptr {
	GinkgoHelper()
	return check.Gather(fmt.Sprintf("auxiliary vector's value %d", key), func() uintptr {
		v, found := auxv(key)
		Expect(found).To(BeTrue(), "key %d of the auxiliary vector", key)
		return v
	})
}

// auxv returns the value of a key in the auxiliary vector, and whether the kernel gave one.
func auxv(key uintptr) (value uintptr, found bool) {
	pairs, err := unix.Auxv()
	check.NoError(err)
	for _, pair := range pairs {
		if pair[0] == key {
			return pair[1], true
		}
	}
	return 0, false
}
