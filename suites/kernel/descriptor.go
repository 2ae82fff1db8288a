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

// opened checks a new descriptor, which is closed at the end of the spec. If the kernel has no such descriptors, or something
// forbids them, the spec is skipped.
func opened(fd int, err error) int {
	GinkgoHelper()
	check.SkipUnlessKernelAnswered(err)
	if errors.Is(err, unix.ENOSYS) {
		check.Skip(record.Say("the kernel is built without it", "内核编译时未启用该功能"))
	}
	check.NoError(err)
	DeferCleanup(unix.Close, fd)
	return fd
}

// pipes returns a pipe that is closed at the end of the spec.
func pipes() (r, w int) {
	GinkgoHelper()
	var both [2]int
	check.NoError(unix.Pipe2(both[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	DeferCleanup(func() { unix.Close(both[0]); unix.Close(both[1]) })
	return both[0], both[1]
}

func descriptors() {
	It("of a pipe holds sixteen pages", func() {
		size := check.Gather("bytes in a pipe", func() int {
			check.NeedsKernel(record.Say("the pages are the host's", "页属于宿主机"))
			r, _ := pipes()
			size, err := unix.FcntlInt(uintptr(r), unix.F_GETPIPE_SZ, 0)
			check.NoError(err)
			return size
		})
		check.ObserveDiffers("bytes in a pipe", size, record.Say("sixteen pages, of the kernel's size", "十六页，页大小取决于内核"))
		page := os.Getpagesize()
		if check.HasCapability(unix.CAP_SYS_RESOURCE) { // pipe(7): fs.pipe-user-pages-soft and fs.pipe-max-size are for others
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
		Expect(check.Fact("answer of a full pipe", err)).To(MatchError(unix.EAGAIN))
	})
	It("of events counts up, and is read as one sum", func() {
		var again error
		sum := check.Gather("sum of events 1, 2 and 3", func() (sum uint64) {
			sum, again = eventSum()
			return sum
		})
		Expect(sum).To(BeEquivalentTo(6))
		Expect(check.Fact("answer of events that were read", again)).To(MatchError(unix.EAGAIN))
	})
	It("of a timer is ready when it is due, and not before", func() {
		Expect(check.Gather("time of a timer of 30 ms", func() time.Duration {
			fd := opened(unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC))
			start := time.Now()
			due := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(30 * time.Millisecond))}
			check.NoError(unix.TimerfdSettime(fd, 0, &due, nil))
			_, err := unix.Read(fd, make([]byte, 8))
			check.NoError(err)
			return time.Since(start)
		})).To(BeNumerically(">=", 30*time.Millisecond))
	})
	It("of inotify tells of a new file by name", func() {
		event := check.Gather("event of inotify for the file \"arrived\"", func() []byte {
			fd := opened(unix.InotifyInit1(unix.IN_CLOEXEC))
			dir := check.TempDir()
			_, err := unix.InotifyAddWatch(fd, dir, unix.IN_CREATE)
			check.NoError(err)
			check.NoError(os.WriteFile(filepath.Join(dir, "arrived"), nil, 0o600))
			event := make([]byte, 512)
			n, err := unix.Read(fd, event)
			check.NoError(err)
			return event[:n]
		})
		Expect(len(event)).To(BeNumerically(">", unix.SizeofInotifyEvent))
		Expect(unix.ByteSliceToString(event[unix.SizeofInotifyEvent:])).To(Equal("arrived"))
	})
	It("of sealed memory refuses a write", func() {
		Expect(check.Gather("answer of sealed memory to a write", func() error {
			fd := opened(unix.MemfdCreate("xcmatrix", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING))
			_, err := unix.Write(fd, []byte("settled"))
			check.NoError(err)
			_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE)
			check.NoError(err)
			_, err = unix.Pwrite(fd, []byte("x"), 0)
			return err
		})).To(MatchError(unix.EPERM))
	})
	It("of a process can be signalled", func() {
		check.NoError(check.Gather("answer to a signal by a process's descriptor", func() error {
			check.NeedsKernel(record.Say("it implements them, or not, itself", "由它自己实现或不实现"))
			fd := opened(unix.PidfdOpen(os.Getpid(), 0))
			err := unix.PidfdSendSignal(fd, 0, nil, 0)
			check.SkipUnlessKernelAnswered(err)
			return err
		}))
	})
	It("of epoll at an edge tells once", func() {
		r, w := pipes()
		ep := opened(unix.EpollCreate1(unix.EPOLL_CLOEXEC))
		check.NoError(unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, r, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(r)}))
		_, err := unix.Write(w, []byte("x"))
		check.NoError(err)
		events := make([]unix.EpollEvent, 1)
		wait := func(milliseconds int) (n int) {
			check.NoError(check.RetryEINTR(func() (err error) { n, err = unix.EpollWait(ep, events, milliseconds); return err }))
			return n
		}
		counts := check.Gather("events of epoll at an edge, and again", func() []int { return []int{wait(-1), wait(10)} })
		Expect(counts).To(Equal([]int{1, 0}))
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
		Expect(check.Fact("byte of a page that was advised away", pages[12345])).To(BeZero())
	})
	It("is reserved by the hundred GiB without being taken", func() {
		check.NoError(check.Gather("answer to a reservation of 100 GiB", func() error {
			var space unix.Rlimit
			check.NoError(unix.Getrlimit(unix.RLIMIT_AS, &space))
			if space.Cur != unix.RLIM_INFINITY {
				check.Skip(record.Say("the address space is limited here", "此处地址空间受限"))
			}
			pages, err := unix.Mmap(-1, 0, 100<<30, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
			if err == nil {
				check.NoError(unix.Munmap(pages))
			}
			return err
		}))
	})
	It("of random numbers is ready", func() {
		numbers := check.Gather("random numbers of 32 bytes, twice", func() [][]byte {
			both := [][]byte{make([]byte, 32), make([]byte, 32)}
			for i, b := range both {
				n, err := unix.Getrandom(b, unix.GRND_NONBLOCK)
				if errors.Is(err, unix.EAGAIN) { // getrandom(2)
					check.Miss(record.Say("the kernel has not gathered enough randomness since it was started", "内核启动后尚未收集到足够的随机性"),
						record.Say("wait, or run rngd or haveged", "请稍候，或运行 rngd、haveged"))
				}
				check.SkipUnlessKernelAnswered(err)
				check.NoError(err)
				both[i] = b[:n]
			}
			return both
		})
		Expect([]int{len(numbers[0]), len(numbers[1])}).To(Equal([]int{32, 32}))
		Expect(numbers[0]).NotTo(Equal(numbers[1]))
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
		Expect(check.Gather("answer of a futex after 20 ms", func() error { return wait(0) })).To(MatchError(unix.ETIMEDOUT))
		Expect(check.Fact("time of a futex of 20 ms", time.Since(start))).To(BeNumerically(">=", 20*time.Millisecond))
		Expect(check.Gather("answer of a futex with another value", func() error { return wait(1) })).To(MatchError(unix.EAGAIN), "the word is 0, not 1")
	})
}

// eventSum counts 1, 2 and 3 up in a descriptor of events. It returns what is read of it, and the answer to another read.
func eventSum() (sum uint64, again error) {
	GinkgoHelper()
	fd := opened(unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK))
	for n := uint64(1); n <= 3; n++ {
		_, err := unix.Write(fd, binary.NativeEndian.AppendUint64(nil, n))
		check.NoError(err)
	}
	text := make([]byte, 8)
	_, err := unix.Read(fd, text)
	check.NoError(err)
	_, again = unix.Read(fd, make([]byte, 8))
	return binary.NativeEndian.Uint64(text), again
}
