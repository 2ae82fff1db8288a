package abi

import (
	"bufio"
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// pageSizes are the page sizes that a kernel of the architecture can be built for: arch/*/Kconfig.
var pageSizes = map[string][]int{
	"amd64":   {4 << 10},
	"arm64":   {4 << 10, 16 << 10, 64 << 10},
	"loong64": {4 << 10, 16 << 10, 64 << 10},
}

func pages() {
	It("size is one that the architecture has", func() {
		sizes, known := pageSizes[runtime.GOARCH]
		if !known {
			check.Skip(record.Sayf("no page sizes are listed for %s", "未列出 %s 的页大小", runtime.GOARCH))
		}
		size := check.Fact("page size of the runtime", os.Getpagesize())
		check.ObserveDiffers("page size", size,
			record.Say("arm64 and loong64 kernels are built for pages of 4, 16 or 64 KiB", "arm64 与 loong64 内核可按 4、16 或 64 KiB 的页编译"))
		Expect(sizes).To(ContainElement(size))
	})
	It("size in AT_PAGESZ is the runtime's", func() {
		Expect(os.Getpagesize()).To(Equal(int(value(atPageSize))))
	})
	It("size in /proc/self/smaps is the runtime's", func() {
		Expect(check.Gather("page size in smaps", func() int {
			check.NeedsKernel(record.Say("its smaps are the host's", "smaps 属于宿主机"))
			return smapsPageSize()
		})).To(Equal(os.Getpagesize()))
	})
	It("a file maps at a whole page and not at half of one", func() {
		Expect(check.Gather("answer to a mapping at half of a page", halfMapped)).To(MatchError(unix.EINVAL))
	})
	It("a mapping starts on a page", func() {
		start := check.Fact("start of a mapping", address(mapped(1, unix.PROT_READ)))
		Expect(start % uintptr(os.Getpagesize())).To(BeZero())
	})
}

// halfMapped maps a file at a whole page, and returns the answer to a mapping at half of one.
func halfMapped() error {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it maps by the host's pages", "它按宿主机的页映射"))
	size := os.Getpagesize()
	f := tempFile(make([]byte, 2*size))
	whole, err := unix.Mmap(int(f.Fd()), int64(size), size, unix.PROT_READ, unix.MAP_SHARED)
	if errors.Is(err, unix.ENODEV) {
		check.Skip(record.Say("the temporary directory's file system maps no files", "临时目录所在文件系统不支持文件映射"))
	}
	check.NoError(err)
	check.NoError(unix.Munmap(whole))
	_, err = unix.Mmap(int(f.Fd()), int64(size/2), size/2, unix.PROT_READ, unix.MAP_SHARED)
	return err
}

// smapsPageSize returns the KernelPageSize of the first mapping in /proc/self/smaps, in bytes.
func smapsPageSize() int {
	for lines := bufio.NewScanner(strings.NewReader(check.KernelFile("/proc/self/smaps"))); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), "KernelPageSize:"); found {
			return kilobytes(text)
		}
	}
	check.Skip(record.Say("the kernel has no /proc/self/smaps with page sizes", "内核的 /proc/self/smaps 没有页大小"))
	return 0
}

func byteOrder() {
	It("is little-endian in memory", func() {
		Expect(check.Fact("32 bits of the bytes 4, 3, 2, 1", binary.NativeEndian.Uint32([]byte{4, 3, 2, 1}))).To(Equal(uint32(0x01020304)))
	})
	It("and machine in the ELF header are the architecture's", func() {
		header := check.Gather("first 20 bytes of the file", func() []byte {
			header := make([]byte, 20)
			_, err := check.KernelOpen("/proc/self/exe").ReadAt(header, 0)
			check.NoError(err)
			return header
		})
		Expect(string(header[:4])).To(Equal("\x7fELF"))
		Expect(header[5]).To(Equal(byte(1)), "EI_DATA is ELFDATA2LSB")
		// e_machine: System V ABI; EM_LOONGARCH from the LoongArch ELF psABI.
		machine := map[string]uint16{"amd64": 62, "arm64": 183, "loong64": 258}
		if want, known := machine[runtime.GOARCH]; known {
			Expect(binary.LittleEndian.Uint16(header[18:])).To(Equal(want))
		}
	})
	It("gives words of 8 bytes", func() {
		bytes := check.Fact("bytes in uintptr", wordBytes)
		check.Observe("bytes in uintptr", bytes)
		Expect(bytes).To(Equal(8))
	})
}
