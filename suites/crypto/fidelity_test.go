package crypto

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// BenchmarkFidelity is what `go test -bench` finds where the suite's own benchmark measures the same call: see
// `xcmatrix bench fidelity`.
func BenchmarkFidelity(b *testing.B) {
	for _, s := range subject.All() {
		for _, size := range sizes {
			if size.name != "1KiB" && size.name != "1MiB" {
				continue
			}
			b.Run("SM3/"+size.name+"/"+s.Name, func(b *testing.B) {
				msg := make([]byte, size.bytes)
				b.SetBytes(int64(size.bytes))
				for b.Loop() {
					s.Hash.Sum(msg)
				}
			})
		}
	}
}
