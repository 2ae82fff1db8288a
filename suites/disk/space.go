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

// taken is the space that a file takes, in bytes.
func taken(f *os.File) int64 {
	GinkgoHelper()
	var st unix.Stat_t
	check.NoError(f.Sync()) // delayed allocation counts from here on
	check.NoError(unix.Fstat(int(f.Fd()), &st))
	return st.Blocks * sectorBytes
}

// fallocate can be interrupted: fallocate(2).
func fallocate(f *os.File, mode uint32, at, n int64) error {
	return check.Again(func() error { return unix.Fallocate(int(f.Fd()), mode, at, n) })
}

// counts reports whether st_blocks is what a file takes here, and records what it is where it is not.
func counts(f *os.File) bool {
	GinkgoHelper()
	kind := kindOf(f.Name())
	if slices.Contains(counting, kind) {
		return true
	}
	check.ObserveDiffers("bytes taken", taken(f), record.Sayf("file system %#x counts in its own way", "文件系统 %#x 的统计方式不同", kind))
	return false
}

func spaces() {
	It("is not taken by a hole, which reads as zero", func() {
		f := fresh()
		check.NoError(f.Truncate(1 << 30))
		if counts(f) {
			Expect(taken(f)).To(BeNumerically("<", 1<<20))
		}
		read := make([]byte, 4096)
		_, err := f.ReadAt(read, 1<<29)
		check.NoError(err)
		Expect(read).To(Equal(make([]byte, 4096)))
	})
	It("goes on past 4 GiB", func() {
		const at = 5<<30 + 3
		f := fresh()
		_, err := f.WriteAt([]byte("far"), at)
		check.NoError(err)
		end, err := f.Seek(0, io.SeekEnd)
		check.NoError(err)
		Expect(end).To(BeEquivalentTo(at + 3))
		read := make([]byte, 3)
		_, err = f.ReadAt(read, at)
		check.NoError(err)
		Expect(string(read)).To(Equal("far"))
		_, err = f.ReadAt(read, at&0xffffffff) // where an offset of 32 bits would have put it
		check.NoError(err)
		Expect(read).To(Equal(make([]byte, 3)))
	})
	It("is taken in advance by fallocate", func() {
		f := fresh()
		needsFileSystem(fallocate(f, 0, 0, 1<<20), "fallocate")
		if counts(f) {
			Expect(taken(f)).To(BeNumerically(">=", 1<<20))
		}
		info, err := f.Stat()
		check.NoError(err)
		Expect(info.Size()).To(BeEquivalentTo(1 << 20))
	})
	It("is taken without a change of size by FALLOC_FL_KEEP_SIZE", func() {
		f := fresh()
		needsFileSystem(fallocate(f, unix.FALLOC_FL_KEEP_SIZE, 0, 1<<20), "FALLOC_FL_KEEP_SIZE")
		info, err := f.Stat()
		check.NoError(err)
		Expect(info.Size()).To(BeZero())
		if counts(f) {
			Expect(taken(f)).To(BeNumerically(">=", 1<<20))
		}
	})
	It("is given back by a punched hole, which reads as zero", func() {
		f := fresh()
		_, err := f.Write(bytes.Repeat([]byte{1}, 1<<20))
		check.NoError(err)
		before := taken(f)
		needsFileSystem(fallocate(f, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 256<<10, 512<<10), "hole punching")
		if counts(f) {
			Expect(taken(f)).To(BeNumerically("<=", before-(512<<10)))
		}
		read, err := os.ReadFile(f.Name())
		check.NoError(err)
		Expect(bytes.Count(read, []byte{0})).To(Equal(512 << 10))
		Expect([]byte{read[256<<10-1], read[256<<10], read[768<<10-1], read[768<<10]}).To(Equal([]byte{1, 0, 0, 1}))
	})
	It("with data and without is told apart by SEEK_DATA", func() {
		f := fresh()
		check.NoError(f.Truncate(4 << 20))
		_, err := f.WriteAt([]byte("data"), 2<<20)
		check.NoError(err)
		at, err := f.Seek(0, unix.SEEK_DATA)
		needsFileSystem(err, "SEEK_DATA")
		if at == 0 {
			check.Skip(record.Say("the file system takes every byte for data", "该文件系统将所有字节视为数据"))
		}
		Expect(at).To(And(BeNumerically(">", 0), BeNumerically("<=", 2<<20)))
		hole, err := f.Seek(at, unix.SEEK_HOLE)
		check.NoError(err)
		Expect(hole).To(BeNumerically(">", 2<<20))
	})
}
