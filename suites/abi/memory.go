package abi

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

const wordBytes = int(unsafe.Sizeof(uintptr(0)))

// address returns the address of the first byte.
func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// kilobytes parses a size such as "  4 kB", and returns bytes.
func kilobytes(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(text, "kB")))
	check.NoError(err)
	return n << 10
}

// tempFile returns a file with the given content, open for reading and writing. It is removed at the end of the spec.
func tempFile(content []byte) *os.File {
	GinkgoHelper()
	f, err := os.OpenFile(filepath.Join(check.TempDir(), "file"), os.O_RDWR|os.O_CREATE, 0o640)
	check.NoError(err)
	DeferCleanup(f.Close)
	_, err = f.Write(content)
	check.NoError(err)
	return f
}

// mapped returns n bytes of anonymous memory, which are unmapped at the end of the spec.
func mapped(n, access int) []byte {
	GinkgoHelper()
	pages, err := unix.Mmap(-1, 0, n, access, unix.MAP_ANON|unix.MAP_PRIVATE)
	check.NoError(err)
	DeferCleanup(func() error { return unix.Munmap(pages) })
	return pages
}

func memories() {
	It("loads and stores at every misalignment, across two pages too", func() {
		size := os.Getpagesize()
		two := mapped(2*size, unix.PROT_READ|unix.PROT_WRITE)
		const want = uint64(0x8877665544332211)
		for at := size - 8; at <= size; at++ {
			*(*uint64)(unsafe.Pointer(&two[at])) = want
			Expect(check.Fact("bytes of a misaligned store", binary.LittleEndian.Uint64(two[at:]))).To(Equal(want))
			Expect(check.Fact("misaligned load of 8 bytes", *(*uint64)(unsafe.Pointer(&two[at])))).To(Equal(want))
			Expect(check.Fact("misaligned load of 4 bytes", *(*uint32)(unsafe.Pointer(&two[at+1])))).To(Equal(uint32(0x55443322)))
			Expect(check.Fact("misaligned load of 2 bytes", *(*uint16)(unsafe.Pointer(&two[at+3])))).To(Equal(uint16(0x5544)))
		}
	})
	It("new pages are zero", func() {
		for _, b := range check.Fact("new pages", mapped(1<<20, unix.PROT_READ)) {
			if b != 0 {
				Fail("a byte of a new page is not zero")
			}
		}
	})
	It("mprotect takes write access away and gives it back", func() {
		page := mapped(os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE)
		check.NoError(unix.Mprotect(page, unix.PROT_READ))
		Expect(check.Fact("fault of a write to what may only be read, from its page", faultAt(func() { page[7] = 1 })-address(page))).To(BeEquivalentTo(7))
		check.NoError(unix.Mprotect(page, unix.PROT_READ|unix.PROT_WRITE))
		page[7] = 1
		Expect(check.Fact("byte of a page that may be written again", page[7])).To(BeEquivalentTo(1))
	})
	It("AT_RANDOM points at 16 bytes that are not all zero", func() {
		Expect(check.Gather("bytes at AT_RANDOM", func() []byte { return readSelf(value(atRandom), 16) })).NotTo(Equal(make([]byte, 16)))
	})
}

// readSelf reads this process's memory by a system call, so that a bad address gives an error and not a fault.
func readSelf(at uintptr, n int) []byte {
	GinkgoHelper()
	mem := check.KernelOpen("/proc/self/mem")
	bytes := make([]byte, n)
	_, err := mem.ReadAt(bytes, int64(at))
	check.NoError(err)
	return bytes
}
