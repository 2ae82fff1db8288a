package disk

import (
	"bytes"
	"io"
	"os"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// taken returns the space that a file takes on the disk, in bytes.
func taken(f *os.File) int64 {
	GinkgoHelper()
	var st unix.Stat_t
	check.NoError(f.Sync()) // delayed allocation counts from here on
	check.NoError(unix.Fstat(int(f.Fd()), &st))
	return st.Blocks * sectorBytes
}

// fallocate can be interrupted: fallocate(2).
func fallocate(f *os.File, mode uint32, at, n int64) error {
	return check.RetryEINTR(func() error { return unix.Fallocate(int(f.Fd()), mode, at, n) })
}

// counts reports whether st_blocks is the space of a file on this file system. If not, it records st_blocks.
func counts(f *os.File) bool {
	GinkgoHelper()
	kind := kindOf(f.Name())
	if slices.Contains(counting, kind) {
		return true
	}
	check.ObserveDiffers("bytes taken", taken(f), record.Sayf("file system %#x counts space differently", "文件系统 %#x 的统计方式不同", kind))
	return false
}

func spaces() {
	It("is not taken by a hole, which reads as zero", func() {
		f := fresh()
		check.NoError(f.Truncate(1 << 30))
		if check.Gather("bytes taken by a hole are counted", func() bool { return counts(f) }) {
			Expect(check.Gather("bytes taken by a hole", func() int64 { return taken(f) })).To(BeNumerically("<", 1<<20))
		}
		read := make([]byte, 4096)
		_, err := f.ReadAt(read, 1<<29)
		check.NoError(err)
		Expect(check.Fact("what a hole reads", read)).To(Equal(make([]byte, 4096)))
	})
	It("goes on past 4 GiB", func() {
		const at = 5<<30 + 3
		f := fresh()
		_, err := f.WriteAt([]byte("far"), at)
		check.NoError(err)
		end, err := f.Seek(0, io.SeekEnd)
		check.NoError(err)
		Expect(check.Fact("end of a file past 5 GiB", end)).To(BeEquivalentTo(at + 3))
		read := make([]byte, 3)
		_, err = f.ReadAt(read, at)
		check.NoError(err)
		Expect(check.Fact("what was written past 5 GiB", string(read))).To(Equal("far"))
		_, err = f.ReadAt(read, at&0xffffffff) // where an offset of 32 bits would have put it
		check.NoError(err)
		Expect(check.Fact("what stands where 32 bits would have put it", read)).To(Equal(make([]byte, 3)))
	})
	It("is taken in advance by fallocate", func() {
		a := check.Gather("file after fallocate", func() allocated { return allocate(0, "fallocate") })
		Expect(a.taken).To(Or(BeNumerically(">=", 1<<20), Equal(uncounted)))
		Expect(a.size).To(BeEquivalentTo(1 << 20))
	})
	It("is taken without a change of size by FALLOC_FL_KEEP_SIZE", func() {
		a := check.Gather("file after FALLOC_FL_KEEP_SIZE", func() allocated { return allocate(unix.FALLOC_FL_KEEP_SIZE, "FALLOC_FL_KEEP_SIZE") })
		Expect(a.size).To(BeZero())
		Expect(a.taken).To(Or(BeNumerically(">=", 1<<20), Equal(uncounted)))
	})
	It("is given back by a punched hole, which reads as zero", func() {
		var read []byte
		back := check.Gather("bytes that a hole of half a MiB gave back", func() (back int64) {
			back, read = punched()
			return back
		})
		Expect(back).To(Or(BeNumerically(">=", 512<<10), Equal(uncounted)))
		read = check.Fact("what a file with a hole reads", read)
		Expect(bytes.Count(read, []byte{0})).To(Equal(512 << 10))
		Expect([]byte{read[256<<10-1], read[256<<10], read[768<<10-1], read[768<<10]}).To(Equal([]byte{1, 0, 0, 1}))
	})
	It("with data and without is told apart by SEEK_DATA", func() {
		at := check.Gather("where data begin and end, that were written at 2 MiB", dataAndHole)
		Expect(at[0]).To(And(BeNumerically(">", 0), BeNumerically("<=", 2<<20)))
		Expect(at[1]).To(BeNumerically(">", 2<<20))
	})
}

// uncounted stands for the bytes that a file takes where the file system counts in its own way.
const uncounted = int64(-1)

// takenIfCounted returns taken, or uncounted.
func takenIfCounted(f *os.File) int64 {
	GinkgoHelper()
	if counts(f) {
		return taken(f)
	}
	return uncounted
}

// allocated is a file that was given a MiB in advance: its size, and what it takes.
type allocated struct{ size, taken int64 }

func allocate(mode uint32, what string) allocated {
	GinkgoHelper()
	f := fresh()
	needsFileSystem(fallocate(f, mode, 0, 1<<20), what)
	info, err := f.Stat()
	check.NoError(err)
	return allocated{info.Size(), takenIfCounted(f)}
}

// punched punches a hole of half a MiB into a file of one. It returns the bytes that the file takes less for it, and what the
// file reads.
func punched() (back int64, read []byte) {
	GinkgoHelper()
	f := fresh()
	_, err := f.Write(bytes.Repeat([]byte{1}, 1<<20))
	check.NoError(err)
	before := taken(f)
	needsFileSystem(fallocate(f, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 256<<10, 512<<10), "hole punching")
	back = uncounted
	if counts(f) {
		back = before - taken(f)
	}
	read, err = os.ReadFile(f.Name())
	check.NoError(err)
	return back, read
}

// dataAndHole returns where SEEK_DATA finds what was written at 2 MiB into a hole, and SEEK_HOLE its end.
func dataAndHole() [2]int64 {
	GinkgoHelper()
	f := fresh()
	check.NoError(f.Truncate(4 << 20))
	_, err := f.WriteAt([]byte("data"), 2<<20)
	check.NoError(err)
	at, err := f.Seek(0, unix.SEEK_DATA)
	needsFileSystem(err, "SEEK_DATA")
	if at == 0 {
		check.Skip(record.Say("the file system reports no holes", "该文件系统将所有字节视为数据"))
	}
	hole, err := f.Seek(at, unix.SEEK_HOLE)
	check.NoError(err)
	return [2]int64{at, hole}
}
