package load

import (
	"errors"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/disk/uring"
)

// By io_uring a job does what it does from threads, and reports the same errors.
func TestRing(t *testing.T) {
	for name, j := range map[string]Job{
		"read":          {Block: 4096, Depth: 1},
		"random read":   {Block: 4096, Depth: 32, Random: true},
		"write":         {Block: 8192, Depth: 3, Write: true},
		"one operation": {Block: 1 << 20, Depth: 1},
	} {
		j.Path, j.Size, j.Time, j.Ring = file(t, 1<<20), 1<<20, 5*time.Millisecond, true
		r, err := j.Run()
		if uring.Refused(err) {
			t.Skipf("does not apply: no io_uring here: %v", err)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(r.Took) < j.Depth || r.Bytes != int64(len(r.Took)*j.Block) || r.Elapsed < j.Time || r.Took[0] <= 0 {
			t.Errorf("%s: %d operations, %d bytes in %v", name, len(r.Took), r.Bytes, r.Elapsed)
		}
	}
	if _, err := (Job{Path: file(t, 4096), Size: 1 << 20, Block: 4096, Depth: 4, Ring: true, Time: time.Second}).Run(); !errors.Is(err, errShort) {
		t.Errorf("a file that is too short: %v", err)
	}
	if _, err := (Job{Path: file(t, 4096), Size: 4096, Block: 4096, Depth: 4, Ring: true, Write: true, Sync: true}).Run(); err == nil {
		t.Error("fsync by io_uring")
	}
}
