package kernel

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// opened takes a new descriptor, which the end of the spec closes; without such descriptors the spec is skipped.
func opened(fd int, err error) int {
	GinkgoHelper()
	if errors.Is(err, unix.ENOSYS) {
		check.Skip(record.Say("the kernel is built without it", "内核编译时未启用该功能"))
	}
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(unix.Close, fd)
	return fd
}

// pipes is a pipe that the end of the spec closes.
func pipes() (r, w int) {
	GinkgoHelper()
	var both [2]int
	Expect(unix.Pipe2(both[:], unix.O_CLOEXEC|unix.O_NONBLOCK)).To(Succeed())
	DeferCleanup(func() { unix.Close(both[0]); unix.Close(both[1]) })
	return both[0], both[1]
}

func descriptors() {
	It("of a pipe holds sixteen pages", func() {
		check.NeedsKernel(record.Say("the pages are the host's", "页属于宿主机"))
		r, _ := pipes()
		size, err := unix.FcntlInt(uintptr(r), unix.F_GETPIPE_SZ, 0)
		Expect(err).NotTo(HaveOccurred())
		check.ObserveDiffers("bytes in a pipe", size, record.Say("sixteen pages, of the kernel's size", "十六页，页大小取决于内核"))
		Expect(size).To(Equal(16 * os.Getpagesize()))
	})
	It("of a full pipe is EAGAIN", func() {
		_, w := pipes()
		var err error
		for block := make([]byte, 64<<10); err == nil; {
			_, err = unix.Write(w, block)
		}
		Expect(err).To(MatchError(unix.EAGAIN))
	})
	It("of events counts up, and is read as one sum", func() {
		fd := opened(unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK))
		for n := uint64(1); n <= 3; n++ {
			_, err := unix.Write(fd, binary.NativeEndian.AppendUint64(nil, n))
			Expect(err).NotTo(HaveOccurred())
		}
		sum := make([]byte, 8)
		_, err := unix.Read(fd, sum)
		Expect(err).NotTo(HaveOccurred())
		Expect(binary.NativeEndian.Uint64(sum)).To(BeEquivalentTo(6))
		_, err = unix.Read(fd, sum)
		Expect(err).To(MatchError(unix.EAGAIN))
	})
	It("of a timer is ready when it is due, and not before", func() {
		fd := opened(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC))
		start := time.Now()
		due := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(30 * time.Millisecond))}
		Expect(unix.TimerfdSettime(fd, 0, &due, nil)).To(Succeed())
		_, err := unix.Read(fd, make([]byte, 8))
		Expect(err).NotTo(HaveOccurred())
		Expect(time.Since(start)).To(BeNumerically(">=", 30*time.Millisecond))
	})
	It("of inotify tells of a new file by name", func() {
		fd := opened(unix.InotifyInit1(unix.IN_CLOEXEC))
		dir := GinkgoT().TempDir()
		_, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(filepath.Join(dir, "arrived"), nil, 0o600)).To(Succeed())
		event := make([]byte, 512)
		n, err := unix.Read(fd, event)
		Expect(err).NotTo(HaveOccurred())
		Expect(n).To(BeNumerically(">", unix.SizeofInotifyEvent))
		Expect(unix.ByteSliceToString(event[unix.SizeofInotifyEvent:n])).To(Equal("arrived"))
	})
	It("of sealed memory refuses a write", func() {
		fd := opened(unix.MemfdCreate("xcmatrix", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING))
		_, err := unix.Write(fd, []byte("settled"))
		Expect(err).NotTo(HaveOccurred())
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE)
		Expect(err).NotTo(HaveOccurred())
		_, err = unix.Pwrite(fd, []byte("x"), 0)
		Expect(err).To(MatchError(unix.EPERM))
	})
	It("of a process can be signalled", func() {
		check.NeedsKernel(record.Say("it implements them, or not, itself", "由它自己实现或不实现"))
		fd := opened(unix.PidfdOpen(os.Getpid(), 0))
		Expect(unix.PidfdSendSignal(fd, 0, nil, 0)).To(Succeed())
	})
	It("of epoll at an edge tells once", func() {
		r, w := pipes()
		ep := opened(unix.EpollCreate1(unix.EPOLL_CLOEXEC))
		Expect(unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, r, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(r)})).To(Succeed())
		_, err := unix.Write(w, []byte("x"))
		Expect(err).NotTo(HaveOccurred())
		events := make([]unix.EpollEvent, 1)
		Expect(unix.EpollWait(ep, events, 1000)).To(Equal(1))
		Expect(unix.EpollWait(ep, events, 10)).To(Equal(0))
	})
	It("of io_uring and of perf are there, or are refused, by the system's choice", func() {
		check.NeedsKernel(record.Say("it has neither", "两者它都没有"))
		ask := func(number, first uintptr) string {
			_, _, errno := unix.Syscall6(number, first, 0, 0, 0, 0, 0)
			return unix.ErrnoName(errno)
		}
		check.ObserveDiffers("answers to empty requests", map[string]string{
			"io_uring_setup": ask(unix.SYS_IO_URING_SETUP, 1), "perf_event_open": ask(unix.SYS_PERF_EVENT_OPEN, 0)}, settings)
	})
}

func memories() {
	It("advised away is zero when it comes back", func() {
		pages, err := unix.Mmap(-1, 0, 64<<10, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() error { return unix.Munmap(pages) })
		pages[12345] = 1
		Expect(unix.Madvise(pages, unix.MADV_DONTNEED)).To(Succeed())
		Expect(pages[12345]).To(BeZero())
	})
	It("is reserved by the hundred GiB without being taken", func() {
		var space unix.Rlimit
		Expect(unix.Getrlimit(unix.RLIMIT_AS, &space)).To(Succeed())
		if space.Cur != unix.RLIM_INFINITY {
			check.Skip(record.Say("the address space is limited here", "此处地址空间受限"))
		}
		pages, err := unix.Mmap(-1, 0, 100<<30, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
		Expect(err).NotTo(HaveOccurred())
		Expect(unix.Munmap(pages)).To(Succeed())
	})
	It("of random numbers is ready", func() {
		one, two := make([]byte, 32), make([]byte, 32)
		for _, b := range [][]byte{one, two} {
			n, err := unix.Getrandom(b, unix.GRND_NONBLOCK)
			Expect(err).NotTo(HaveOccurred())
			Expect(n).To(Equal(32))
		}
		Expect(one).NotTo(Equal(two))
	})
	It("waited on by futex wakes at its time", func() {
		var word uint32
		wait := unix.NsecToTimespec(int64(20 * time.Millisecond))
		start := time.Now()
		_, _, errno := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), 128, 0, uintptr(unsafe.Pointer(&wait)), 0, 0) // FUTEX_WAIT_PRIVATE
		Expect(errno).To(Equal(unix.ETIMEDOUT))
		Expect(time.Since(start)).To(BeNumerically(">=", 20*time.Millisecond))
		_, _, errno = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), 128, 1, uintptr(unsafe.Pointer(&wait)), 0, 0)
		Expect(errno).To(Equal(unix.EAGAIN), "the word is 0, not 1")
	})
}
