package unplug

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// TestCycles removes a loop device 20 times; `make unplug` does so 1,000 times and prints what was seen.
func TestCycles(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("XCMATRIX_TEST_UNPLUG_CYCLES"))
	if err != nil {
		n = 20
	}
	began := time.Now()
	r, err := Cycles(t.TempDir(), n)
	if errno := unix.Errno(0); errors.As(err, &errno) && r == nil {
		needs.Absent(t, needs.Root, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cycles in %v; %d reads beside them", r.Cycles, time.Since(began).Round(time.Millisecond), r.Reads)
	for _, s := range slices.Sorted(maps.Keys(r.Sequences)) {
		t.Logf("%4d times: %s", r.Sequences[s], s)
	}
	for _, s := range slices.Sorted(maps.Keys(r.Kept)) {
		t.Logf("%4d times a kept descriptor said: %s", r.Kept[s], s)
	}
	t.Logf("descriptors before and after: %v; goroutines: %v", r.Descriptors, r.Goroutines)
	if r.Wrong+r.WrongSizes+r.NotSeen+r.KeptSize+r.Revived+r.Stranger+len(r.Beside) > 0 {
		t.Errorf("%+v", *r)
	}
	if r.Descriptors[0] != r.Descriptors[1] || r.Goroutines[0] != r.Goroutines[1] {
		t.Error("something is left open")
	}
	if r.Reads == 0 || len(r.Sequences) == 0 {
		t.Error("nothing was read")
	}
}
