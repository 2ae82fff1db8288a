package abi

import (
	"bytes"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// routine is one of the runtime's functions on memory, which are assembly on each architecture. wrong says whether it does
// wrong on n bytes at an offset of 0 to 15 in a buffer of known bytes.
type routine struct {
	name  string
	wrong func(buffer []byte, offset, n int) bool
}

func routines() []routine {
	return []routine{
		{"copying to a higher address", func(b []byte, at, n int) bool {
			return copiesWrong(b, at+3, at, n)
		}},
		{"copying to a lower address", func(b []byte, at, n int) bool {
			return copiesWrong(b, at, at+5, n)
		}},
		{"clearing", func(b []byte, at, n int) bool {
			clear(b[at : at+n])
			for i, c := range b {
				if inside := i >= at && i < at+n; inside != (c == 0) {
					return true
				}
			}
			return false
		}},
		{"comparing for equality", func(b []byte, at, n int) bool {
			other := bytes.Clone(b[at : at+n])
			if !bytes.Equal(b[at:at+n], other) {
				return true
			}
			for i := range other {
				other[i] ^= 0x80
				if bytes.Equal(b[at:at+n], other) {
					return true
				}
				other[i] ^= 0x80
			}
			return false
		}},
		{"comparing for order", func(b []byte, at, n int) bool {
			other := bytes.Clone(b[at : at+n])
			for i := range other {
				other[i]++
				if bytes.Compare(b[at:at+n], other) != -1 || bytes.Compare(other, b[at:at+n]) != 1 {
					return true
				}
				other[i]--
			}
			return bytes.Compare(b[at:at+n], other) != 0 //lint:ignore S1004 the order is what is asked for
		}},
		{"finding a byte", func(b []byte, at, n int) bool {
			b[at+n] = 0xff // behind the end
			for i := at; i < at+n; i++ {
				was := b[i]
				b[i] = 0xff
				if bytes.IndexByte(b[at:at+n], 0xff) != i-at {
					return true
				}
				b[i] = was
			}
			return bytes.IndexByte(b[at:at+n], 0xff) != -1
		}},
		{"counting bytes", func(b []byte, at, n int) bool {
			b[at+n] = 0xff
			for i := at; i < at+n; i++ {
				b[i] = 0xff
				if bytes.Count(b[at:at+n], []byte{0xff}) != i-at+1 {
					return true
				}
			}
			return false
		}},
		{"finding bytes", func(b []byte, at, n int) bool {
			if n < 4 {
				return false
			}
			for i := at; i+3 < at+n; i++ {
				was := [3]byte(b[i:])
				copy(b[i:], "\xfd\xfe\xff")
				if bytes.Index(b[at:at+n], []byte("\xfd\xfe\xff")) != i-at {
					return true
				}
				copy(b[i:], was[:])
			}
			return false
		}},
	}
}

// copiesWrong copies n bytes within a buffer and says whether a byte is not what it should be.
func copiesWrong(b []byte, to, from, n int) bool {
	want := make([]byte, len(b))
	for i := range b {
		want[i] = b[i]
		if i >= to && i < to+n {
			want[i] = b[from+i-to]
		}
	}
	copy(b[to:to+n], b[from:from+n])
	return !bytes.Equal(b, want)
}

// firstWrong returns the first size and offset at which the routine is wrong; "" if it never is.
func (r routine) firstWrong() string {
	for _, n := range []int{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 300} {
		for at := range 16 {
			buffer := make([]byte, 16+300+16)
			for i := range buffer {
				buffer[i] = byte(1 + i%250)
			}
			if r.wrong(buffer, at, n) {
				return fmt.Sprintf("%d bytes at offset %d", n, at)
			}
		}
	}
	return ""
}

func routineSpecs() {
	for _, r := range routines() {
		It(r.name+" is right for each size and alignment", func() {
			Expect(check.Gather("where "+r.name+" is wrong", r.firstWrong)).To(BeEmpty())
		})
	}
}
