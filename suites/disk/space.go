package disk

import (
	"bytes"
	"io"
	"os"

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
	Expect(f.Sync()).To(Succeed()) // delayed allocation counts from here on
	Expect(unix.Fstat(int(f.Fd()), &st)).To(Succeed())
	return st.Blocks * sectorBytes
}

func spaces() {
	It("is not taken by a hole, which reads as zero", func() {
		f := fresh()
		Expect(f.Truncate(1 << 30)).To(Succeed())
		Expect(taken(f)).To(BeNumerically("<", 1<<20))
		read := make([]byte, 4096)
		_, err := f.ReadAt(read, 1<<29)
		Expect(err).NotTo(HaveOccurred())
		Expect(read).To(Equal(make([]byte, 4096)))
	})
	It("goes on past 4 GiB", func() {
		const at = 5<<30 + 3
		f := fresh()
		_, err := f.WriteAt([]byte("far"), at)
		Expect(err).NotTo(HaveOccurred())
		end, err := f.Seek(0, io.SeekEnd)
		Expect(err).NotTo(HaveOccurred())
		Expect(end).To(BeEquivalentTo(at + 3))
		read := make([]byte, 3)
		_, err = f.ReadAt(read, at)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(read)).To(Equal("far"))
		_, err = f.ReadAt(read, at&0xffffffff) // where an offset of 32 bits would have put it
		Expect(err).NotTo(HaveOccurred())
		Expect(read).To(Equal(make([]byte, 3)))
	})
	It("is taken in advance by fallocate", func() {
		f := fresh()
		needsFileSystem(unix.Fallocate(int(f.Fd()), 0, 0, 1<<20), "fallocate")
		Expect(taken(f)).To(BeNumerically(">=", 1<<20))
		info, err := f.Stat()
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Size()).To(BeEquivalentTo(1 << 20))
	})
	It("is taken without a change of size by FALLOC_FL_KEEP_SIZE", func() {
		f := fresh()
		needsFileSystem(unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, 1<<20), "FALLOC_FL_KEEP_SIZE")
		info, err := f.Stat()
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Size()).To(BeZero())
		Expect(taken(f)).To(BeNumerically(">=", 1<<20))
	})
	It("is given back by a punched hole, which reads as zero", func() {
		f := fresh()
		_, err := f.Write(bytes.Repeat([]byte{1}, 1<<20))
		Expect(err).NotTo(HaveOccurred())
		before := taken(f)
		needsFileSystem(unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 256<<10, 512<<10), "hole punching")
		Expect(taken(f)).To(BeNumerically("<=", before-(512<<10)))
		read, err := os.ReadFile(f.Name())
		Expect(err).NotTo(HaveOccurred())
		Expect(bytes.Count(read, []byte{0})).To(Equal(512 << 10))
		Expect([]byte{read[256<<10-1], read[256<<10], read[768<<10-1], read[768<<10]}).To(Equal([]byte{1, 0, 0, 1}))
	})
	It("with data and without is told apart by SEEK_DATA", func() {
		f := fresh()
		Expect(f.Truncate(4 << 20)).To(Succeed())
		_, err := f.WriteAt([]byte("data"), 2<<20)
		Expect(err).NotTo(HaveOccurred())
		at, err := f.Seek(0, unix.SEEK_DATA)
		needsFileSystem(err, "SEEK_DATA")
		if at == 0 {
			check.Skip(record.Say("the file system takes every byte for data", "该文件系统将所有字节视为数据"))
		}
		Expect(at).To(And(BeNumerically(">", 0), BeNumerically("<=", 2<<20)))
		hole, err := f.Seek(at, unix.SEEK_HOLE)
		Expect(err).NotTo(HaveOccurred())
		Expect(hole).To(BeNumerically(">", 2<<20))
	})
}
