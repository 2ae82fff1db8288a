package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/load"
	"github.com/xcmatrix/xcmatrix/suites/disk/uring"
)

const queueBlock = 4 << 10

// queues are about io_uring: what a program relies on that has several operations under way at once.
func queues() {
	It("of reads has each block in its own buffer, 32 at once", func() {
		wrong := check.Gather("blocks that were not in their buffers, of 32 at once", readQueue)
		Expect(wrong).To(BeEmpty())
	})
	It("of writes is what the file reads, 32 at once", func() {
		got := check.Gather("a file that 32 writes at once made", writeQueue)
		for i := range 32 {
			Expect(bytes.Count(got[i*queueBlock:][:queueBlock], []byte{byte(i + 1)})).To(Equal(queueBlock), "block %d", i)
		}
	})
	It("of reads ends short at the end of the file, and with nothing behind it", func() {
		counts := check.Gather("bytes read before, across and behind the end of a file", func() []int {
			f := fresh()
			_, err := f.Write(random(queueBlock + 100))
			check.NoError(err)
			return byteCounts(asked(f, uring.Read, 0, queueBlock, 2*queueBlock))
		})
		Expect(counts).To(Equal([]int{queueBlock, 100, 0}))
	})
	It("answers a descriptor that is not open with EBADF, and goes on", func() {
		errs := check.Gather("answers of a ring to a good descriptor, a wrong one, and the good one again", func() (errs []error) {
			f := fresh()
			_, err := f.Write(random(queueBlock))
			check.NoError(err)
			r := newRing(3)
			for _, fd := range []int{int(f.Fd()), -1, int(f.Fd())} {
				errs = append(errs, done(r, uring.Request{Op: uring.Read, FD: fd, Buffer: make([]byte, queueBlock)})[0].Err)
			}
			return errs
		})
		Expect(errs).To(HaveExactElements(Succeed(), MatchError(unix.EBADF), Succeed()))
	})
	It("does not sync what could not be written: a linked fsync is cancelled", func() {
		errs := check.Gather("answers to a write that fails, and to the fsync that is linked to it", func() []error {
			f := fresh()
			readOnly, err := os.Open(f.Name())
			check.NoError(err)
			DeferCleanup(readOnly.Close)
			answers := done(newRing(2), uring.Request{Op: uring.Write, FD: int(readOnly.Fd()), Buffer: make([]byte, queueBlock), Linked: true},
				uring.Request{Op: uring.Fsync, FD: int(f.Fd())})
			return []error{answers[0].Err, answers[1].Err}
		})
		Expect(errs).To(HaveExactElements(MatchError(unix.EBADF), MatchError(unix.ECANCELED)))
	})
	It("syncs what was written, when an fsync is linked to the write", func() {
		s := check.Gather("a write and the fsync that is linked to it", func() (s linked) {
			f, block := fresh(), random(queueBlock)
			answers := done(newRing(2), uring.Request{Op: uring.Write, FD: int(f.Fd()), Buffer: block, Linked: true}, uring.Request{Op: uring.Fsync, FD: int(f.Fd())})
			s.Written, s.Synced, s.Count = answers[0].Err, answers[1].Err, answers[0].N
			read, err := os.ReadFile(f.Name())
			check.NoError(err)
			s.Same = bytes.Equal(read, block)
			return s
		})
		Expect(s).To(Equal(linked{Count: queueBlock, Same: true}))
	})
}

// linked is what became of a write with an fsync behind it.
type linked struct {
	Written, Synced error
	Count           int // bytes written
	Same            bool
}

// newRing returns a ring that is closed at the end of the spec, which is skipped where there is none.
func newRing(requests int) *uring.Ring {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it has no io_uring", "模拟器没有 io_uring"))
	r, err := uring.Open(requests)
	if uring.Refused(err) {
		check.Skip(refusedRing(err))
	}
	check.NoError(err)
	DeferCleanup(r.Close)
	return r
}

func refusedRing(err error) record.Sentence {
	return record.Sayf("the kernel gives no io_uring: %v", "内核不提供 io_uring：%v", err)
}

// done gives requests to the ring at once and returns their answers in the order of the requests.
func done(r *uring.Ring, requests ...uring.Request) []uring.Answer {
	GinkgoHelper()
	for i := range requests {
		requests[i].Tag = i
		check.NoError(r.Queue(requests[i]))
	}
	check.NoError(r.Wait(len(requests)))
	answers := make([]uring.Answer, len(requests))
	for range requests {
		a, is := r.Next()
		Expect(is).To(BeTrue(), "answers are missing")
		if errors.Is(a.Err, unix.EINVAL) { // READ, WRITE and FSYNC with these fields are never wrong
			check.Skip(record.Say("this kernel's io_uring has no read and write: Linux 5.6 has", "该内核的 io_uring 不支持读写操作：自 Linux 5.6 起支持"))
		}
		answers[a.Tag] = a
	}
	return answers
}

// asked does the same operation at some offsets of a file.
func asked(f *os.File, op uring.Op, offsets ...int64) []uring.Answer {
	GinkgoHelper()
	var requests []uring.Request
	for _, at := range offsets {
		requests = append(requests, uring.Request{Op: op, FD: int(f.Fd()), Buffer: make([]byte, queueBlock), At: at})
	}
	return done(newRing(len(requests)), requests...)
}

// byteCounts returns the bytes of answers that have no error.
func byteCounts(answers []uring.Answer) (counts []int) {
	GinkgoHelper()
	for _, a := range answers {
		check.NoError(a.Err)
		counts = append(counts, a.N)
	}
	return counts
}

// numbered returns a file of 32 blocks, each of which has its number plus one in every byte if written.
func numbered(written bool) (*os.File, []uring.Request) {
	GinkgoHelper()
	f := fresh()
	requests := make([]uring.Request, 32)
	for i := range requests {
		block := bytes.Repeat([]byte{byte(i + 1)}, queueBlock)
		if written {
			_, err := f.WriteAt(block, int64(i)*queueBlock)
			check.NoError(err)
		}
		requests[i] = uring.Request{FD: int(f.Fd()), Buffer: block, At: int64(i) * queueBlock}
	}
	return f, requests
}

// readQueue reads 32 blocks at once and returns the numbers of those that were wrong.
func readQueue() (wrong []int) {
	GinkgoHelper()
	_, requests := numbered(true)
	for i := range requests {
		requests[i].Op = uring.Read
		clear(requests[i].Buffer)
	}
	for i, a := range done(newRing(32), requests...) {
		check.NoError(a.Err)
		if a.N != queueBlock || bytes.Count(requests[i].Buffer, []byte{byte(i + 1)}) != queueBlock {
			wrong = append(wrong, i)
		}
	}
	return wrong
}

// writeQueue writes 32 blocks at once and returns what the file then reads.
func writeQueue() []byte {
	GinkgoHelper()
	f, requests := numbered(false)
	for i := range requests {
		requests[i].Op = uring.Write
	}
	for _, a := range done(newRing(32), requests...) {
		check.NoError(a.Err)
	}
	got, err := os.ReadFile(f.Name())
	check.NoError(err)
	Expect(got).To(HaveLen(32 * queueBlock))
	return got
}

// queueSpeeds measure 1 to 32 operations at once by io_uring; jobSpecs have the same from threads.
func queueSpeeds() {
	for _, way := range []struct {
		text, name string
		write      bool
	}{{"reading", "random-read", false}, {"writing", "random-write", true}} {
		for _, depth := range []int{1, 2, 4, 8, 16, 32} {
			It(fmt.Sprintf("of %s 4 KiB at random past the page cache by io_uring, %d at once", way.text, depth), check.Bench(), check.Deep(), check.Within(2*time.Minute), func() {
				measureRing(fmt.Sprintf("io_uring/direct/%s/4KiB/depth%d", way.name, depth),
					load.Job{Block: queueBlock, Depth: depth, Random: true, Write: way.write, Direct: true, Ring: true})
			})
		}
	}
	It("of reading 4 KiB at random from the page cache by io_uring, 32 at once", check.Bench(), check.Deep(), check.Within(2*time.Minute), func() {
		measureRing("io_uring/cached/random-read/4KiB/depth32", load.Job{Block: queueBlock, Depth: 32, Random: true, Ring: true})
	})
}

// measureRing is measure for a job by io_uring. The spec ends with a miss where the kernel gives none: the same job from threads remains.
func measureRing(name string, j load.Job) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it has no io_uring", "模拟器没有 io_uring"))
	r, err := uring.Open(j.Depth)
	if uring.Refused(err) {
		check.Miss(refusedRing(err), record.Say("take Linux 5.6 or newer, and allow io_uring: sysctl kernel.io_uring_disabled=0, a seccomp profile with io_uring_setup",
			"请使用 Linux 5.6 或更新内核并允许 io_uring：sysctl kernel.io_uring_disabled=0，seccomp 配置放行 io_uring_setup"))
	}
	check.NoError(err)
	check.NoError(r.Close())
	measure(name, deepFile, deepJob, j)
}
