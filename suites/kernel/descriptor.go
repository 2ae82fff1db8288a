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

// opened takes a new descriptor, which the end of the spec closes; without such descriptors, and where something forbids
// them, the spec is skipped.
func opened(fd int, err error) int {
	GinkgoHelper()
	check.OwnAnswer(err)
	if errors.Is(err, unix.ENOSYS) {
		check.Skip(record.Say("the kernel is built without it", "内核编译时未启用该功能"))
	}
	check.NoError(err)
	DeferCleanup(unix.Close, fd)
	return fd
}

// pipes is a pipe that the end of the spec closes.
func pipes() (r, w int) {
	GinkgoHelper()
	var both [2]int
	check.NoError(unix.Pipe2(both[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	DeferCleanup(func() { unix.Close(both[0]); unix.Close(both[1]) })
	return both[0], both[1]
}

func descriptors() {
	It("of a pipe holds sixteen pages", func() {
		check.NeedsKernel(record.Say("the pages are the host's", "页属于宿主机"))
		r, _ := pipes()
		size, err := unix.FcntlInt(uintptr(r), unix.F_GETPIPE_SZ, 0)
		check.NoError(err)
		check.ObserveDiffers("bytes in a pipe", size, record.Say("sixteen pages, of the kernel's size", "十六页，页大小取决于内核"))
		page := os.Getpagesize()
		if check.Capable(unix.CAP_SYS_RESOURCE) { // pipe(7): fs.pipe-user-pages-soft and fs.pipe-max-size are for others
			Expect(size).To(Equal(16 * page))
		}
		Expect(size % page).To(BeZero())
		Expect(size).To(And(BeNumerically(">=", page), BeNumerically("<=", 16*page)))
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
			check.NoError(err)
		}
		sum := make([]byte, 8)
		_, err := unix.Read(fd, sum)
		check.NoError(err)
		Expect(binary.NativeEndian.Uint64(sum)).To(BeEquivalentTo(6))
		_, err = unix.Read(fd, sum)
		Expect(err).To(MatchError(unix.EAGAIN))
	})
	It("of a timer is ready when it is due, and not before", func() {
		fd := opened(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC))
		start := time.Now()
		due := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(30 * time.Millisecond))}
		check.NoError(unix.TimerfdSettime(fd, 0, &due, nil))
		_, err := unix.Read(fd, make([]byte, 8))
		check.NoError(err)
		Expect(time.Since(start)).To(BeNumerically(">=", 30*time.Millisecond))
	})
	It("of inotify tells of a new file by name", func() {
		fd := opened(unix.InotifyInit1(unix.IN_CLOEXEC))
		dir := check.TempDir()
		_, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE)
		check.NoError(err)
		check.NoError(os.WriteFile(filepath.Join(dir, "arrived"), nil, 0o600))
		event := make([]byte, 512)
		n, err := unix.Read(fd, event)
		check.NoError(err)
		Expect(n).To(BeNumerically(">", unix.SizeofInotifyEvent))
		Expect(unix.ByteSliceToString(event[unix.SizeofInotifyEvent:n])).To(Equal("arrived"))
	})
	It("of sealed memory refuses a write", func() {
		fd := opened(unix.MemfdCreate("xcmatrix", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING))
		_, err := unix.Write(fd, []byte("settled"))
		check.NoError(err)
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE)
		check.NoError(err)
		_, err = unix.Pwrite(fd, []byte("x"), 0)
		Expect(err).To(MatchError(unix.EPERM))
	})
	It("of a process can be signalled", func() {
		check.NeedsKernel(record.Say("it implements them, or not, itself", "由它自己实现或不实现"))
		fd := opened(unix.PidfdOpen(os.Getpid(), 0))
		err := unix.PidfdSendSignal(fd, 0, nil, 0)
		check.OwnAnswer(err)
		check.NoError(err)
	})
	It("of epoll at an edge tells once", func() {
		r, w := pipes()
		ep := opened(unix.EpollCreate1(unix.EPOLL_CLOEXEC))
		check.NoError(unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, r, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(r)}))
		_, err := unix.Write(w, []byte("x"))
		check.NoError(err)
		events := make([]unix.EpollEvent, 1)
		wait := func(milliseconds int) (n int) {
			check.NoError(check.Again(func() (err error) { n, err = unix.EpollWait(ep, events, milliseconds); return err }))
			return n
		}
		Expect(wait(-1)).To(Equal(1))
		Expect(wait(10)).To(Equal(0))
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
		check.NoError(err)
		DeferCleanup(func() error { return unix.Munmap(pages) })
		pages[12345] = 1
		check.NoError(unix.Madvise(pages, unix.MADV_DONTNEED))
		Expect(pages[12345]).To(BeZero())
	})
	It("is reserved by the hundred GiB without being taken", func() {
		var space unix.Rlimit
		check.NoError(unix.Getrlimit(unix.RLIMIT_AS, &space))
		if space.Cur != unix.RLIM_INFINITY {
			check.Skip(record.Say("the address space is limited here", "此处地址空间受限"))
		}
		pages, err := unix.Mmap(-1, 0, 100<<30, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
		check.NoError(err)
		check.NoError(unix.Munmap(pages))
	})
	It("of random numbers is ready", func() {
		one, two := make([]byte, 32), make([]byte, 32)
		for _, b := range [][]byte{one, two} {
			n, err := unix.Getrandom(b, unix.GRND_NONBLOCK)
			if errors.Is(err, unix.EAGAIN) { // getrandom(2)
				check.Miss(record.Say("the kernel has not gathered enough randomness since it was started", "内核启动后尚未收集到足够的随机性"),
					record.Say("wait, or run rngd or haveged", "请稍候，或运行 rngd、haveged"))
			}
			check.OwnAnswer(err)
			check.NoError(err)
			Expect(n).To(Equal(32))
		}
		Expect(one).NotTo(Equal(two))
	})
	It("waited on by futex wakes at its time", func() {
		var word uint32
		wait := func(value uintptr) error { // futex(2): a signal may end it, and it may wake of nothing
			for {
				timeout := unix.NsecToTimespec(int64(20 * time.Millisecond))
				_, _, errno := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), 128, value, uintptr(unsafe.Pointer(&timeout)), 0, 0) // FUTEX_WAIT_PRIVATE
				if errno != 0 && errno != unix.EINTR {
					return errno
				}
			}
		}
		start := time.Now()
		Expect(wait(0)).To(MatchError(unix.ETIMEDOUT))
		Expect(time.Since(start)).To(BeNumerically(">=", 20*time.Millisecond))
		Expect(wait(1)).To(MatchError(unix.EAGAIN), "the word is 0, not 1")
	})
}
