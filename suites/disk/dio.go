package disk

import (
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// alignedAccess is what statx says of access past the page cache, and the answers to reads that keep to it and that do not.
type alignedAccess struct {
	memory, offset uint32 // in bytes
	kept           error
	oddOffset      error // at half of the alignment
}

// alignments are about O_DIRECT: statx(2), STATX_DIOALIGN, from Linux 6.1.
func alignments() {
	It("past the page cache is read where it is aligned as statx says", func() {
		a := check.Gather("reads past the page cache, aligned as statx says and by half of that", aligning)
		Expect(a.kept).To(Succeed(), "memory at %d bytes, file at %d", a.memory, a.offset)
	})
	It("past the page cache is refused, or read rightly, where it is aligned to half of what statx says", func() {
		a := check.Gather("reads past the page cache, aligned as statx says and by half of that", aligning)
		Expect(a.oddOffset).To(Or(Succeed(), MatchError(unix.EINVAL)))
	})
	It("is aligned by statx to powers of two, and no more than a MiB", func() {
		a := check.Gather("reads past the page cache, aligned as statx says and by half of that", aligning)
		for _, bytes := range []uint32{a.memory, a.offset} {
			Expect(bytes).To(And(BeNumerically(">", 0), BeNumerically("<=", 1<<20)))
			Expect(bytes&(bytes-1)).To(BeZero(), "%d is no power of two", bytes)
		}
	})
}

func aligning() (a alignedAccess) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("the answers would be the host's", "应答来自宿主机内核"))
	f := fresh()
	_, err := f.Write(random(4 << 20))
	check.NoError(err)
	check.NoError(f.Sync())
	var st unix.Statx_t
	check.NoError(unix.Statx(unix.AT_FDCWD, f.Name(), 0, unix.STATX_DIOALIGN, &st))
	if st.Mask&unix.STATX_DIOALIGN == 0 || st.Dio_offset_align == 0 {
		check.Skip(record.Say("the kernel or the file system says nothing of alignment: Linux 6.1 does for ext4 and xfs", "内核或文件系统未提供对齐要求：自 Linux 6.1 起 ext4 与 xfs 提供"))
	}
	a.memory, a.offset = st.Dio_mem_align, st.Dio_offset_align
	fd, err := unix.Open(f.Name(), unix.O_RDONLY|unix.O_CLOEXEC|unix.O_DIRECT, 0)
	needsFileSystem(err, "O_DIRECT")
	defer unix.Close(fd)
	buffer := exactly(int(a.offset), int(a.memory))
	_, a.kept = unix.Pread(fd, buffer, int64(a.offset))
	_, a.oddOffset = unix.Pread(fd, buffer, int64(a.offset)/2)
	return a
}

// exactly returns n bytes at an address that is a multiple of align, a power of two, and not of more.
func exactly(n, align int) []byte {
	all := aligned(n+2*align, 2*align)
	if b := all[align : align+n]; uintptr(unsafe.Pointer(&b[0]))&uintptr(2*align-1) != 0 {
		return b
	}
	return all[:n]
}
