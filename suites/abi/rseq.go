package abi

import (
	"runtime"
	"slices"
	"sync/atomic"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

const (
	rseqSize      = 32 // of struct rseq as Linux 4.18 had it: include/uapi/linux/rseq.h
	rseqSignature = 0x53053053
	rseqEnd       = 1 // RSEQ_FLAG_UNREGISTER
)

// rseqSeen is what restartable sequences of a thread say and answer.
type rseqSeen struct {
	Processor, Here uint32     // by struct rseq, and by getcpu
	Twice, Foreign  unix.Errno // the answers to a second registration, and to an end with another signature
	Ended           uint32     // the processor by struct rseq after the end
}

// sequences registers struct rseq for a thread on one processor, and returns what it says. The spec is skipped where the kernel has no rseq.
func sequences() (seen rseqSeen) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it implements rseq, or not, itself", "rseq 由它自己实现或不实现"))
	number := uintptr(293)
	if runtime.GOARCH == "amd64" {
		number = 334
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	check.NoError(unix.SchedGetaffinity(0, &before))
	one.Set(slices.Max(check.Processors()))
	check.NoError(unix.SchedSetaffinity(0, &one))
	defer func() { check.NoError(unix.SchedSetaffinity(0, &before)) }()
	area := mapped(rseqSize, unix.PROT_READ|unix.PROT_WRITE)
	call := func(flags, signature uintptr) unix.Errno {
		_, _, errno := unix.RawSyscall6(number, address(area), rseqSize, flags, signature, 0, 0)
		return errno
	}
	if errno := call(0, rseqSignature); errno != 0 {
		check.SkipUnlessKernelAnswered(errno)
		if errno == unix.ENOSYS {
			check.Skip(record.Sayf("the kernel is built without %s", "内核编译时未启用 %s", "CONFIG_RSEQ"))
		}
		check.NoError(errno)
	}
	processor := (*uint32)(unsafe.Pointer(&area[4]))
	unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&seen.Here)), 0, 0)
	seen.Processor = atomic.LoadUint32(processor)
	seen.Twice, seen.Foreign = call(0, rseqSignature), call(rseqEnd, rseqSignature+1)
	if errno := call(rseqEnd, rseqSignature); errno != 0 {
		check.NoError(errno)
	}
	seen.Ended = atomic.LoadUint32(processor)
	return seen
}

func restartable() {
	It("names the processor on which the thread runs", func() {
		seen := check.Gather("processor by rseq", sequences)
		Expect(seen.Processor).To(Equal(seen.Here))
	})
	It("is registered once for a thread", func() {
		Expect(check.Gather("answer to a second registration for rseq", sequences).Twice).To(Equal(unix.EBUSY))
	})
	It("ends by its own signature alone", func() {
		Expect(check.Gather("answer to an end of rseq with another signature", sequences).Foreign).To(Equal(unix.EPERM))
	})
	It("names no processor after its end", func() {
		Expect(check.Gather("processor by rseq after its end", sequences).Ended).To(Equal(^uint32(0)))
	})
}
