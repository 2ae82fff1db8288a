package disk

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// window is how many bytes of a file a benchmark uses before it starts again at the beginning.
const window = 64 << 20

func speeds() {
	It("of a synced write of 4 KiB", check.Bench(), func() {
		f, block := fresh(), random(4<<10)
		check.Benchmark("fsync/4KiB", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, err := f.WriteAt(block, int64(i*len(block)%window)); err != nil {
					check.Fatal(b, err)
				}
				if err := f.Sync(); err != nil {
					check.Fatal(b, err)
				}
			}
		})
	})
	It("of writing one MiB after the other, synced at the end", check.Bench(), func() {
		f, block := fresh(), random(1<<20)
		check.Benchmark("write/1MiB", func(b *testing.B) {
			b.SetBytes(int64(len(block)))
			for i := range b.N { // not b.Loop: the sync at the end counts too
				if _, err := f.WriteAt(block, int64(i*len(block)%window)); err != nil {
					check.Fatal(b, err)
				}
			}
			if err := f.Sync(); err != nil {
				check.Fatal(b, err)
			}
		})
	})
}
