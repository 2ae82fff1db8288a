package kernel

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// listen returns a listener on loopback, which is closed at the end of the spec.
func listen() *net.TCPListener {
	GinkgoHelper()
	l, err := plain(nil).Listen(context.Background(), "tcp", "127.0.0.1:0")
	noLoopback(err)
	DeferCleanup(func() { _ = l.Close() }) // a spec may have closed it
	return l.(*net.TCPListener)
}

// plain makes listeners of plain TCP. By default Go uses MPTCP if the kernel has it, which supports fewer socket options.
func plain(control func(network, address string, c syscall.RawConn) error) *net.ListenConfig {
	config := &net.ListenConfig{Control: control}
	config.SetMultipathTCP(false)
	return config
}

// noLoopback skips the spec if an error says that there is no loopback interface, or that it may not be used.
func noLoopback(err error) {
	GinkgoHelper()
	check.SkipUnlessKernelAnswered(err)
	if errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.ENETDOWN) || errors.Is(err, unix.EAFNOSUPPORT) {
		check.Skip(record.Sayf("no loopback interface: %v", "没有回环接口：%v", err))
	}
	check.NoError(err)
}

// onDescriptor runs body with the descriptor of a connection or listener.
func onDescriptor(c syscall.Conn, body func(fd int)) {
	GinkgoHelper()
	raw, err := c.SyscallConn()
	check.NoError(err)
	check.NoError(raw.Control(func(fd uintptr) { body(int(fd)) }))
}

func queues() {
	It("of a Go listener is as long as net.core.somaxconn", func() {
		most := sysctlNumber("net/core/somaxconn")
		check.ObserveDiffers("somaxconn", most, record.Say("128 before Linux 5.4, 4096 since, unless set", "Linux 5.4 之前默认 128，之后 4096，可另行设置"))
		longest := check.Gather("longest queue of a Go listener", func() (n int64) {
			onDescriptor(listen(), func(fd int) {
				info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
				check.NoError(err)
				n = int64(info.Sacked) // of a listener: the longest queue, tcp_get_info in net/ipv4/tcp.c
			})
			return n
		})
		Expect(longest).To(Equal(most))
	})
	It("that is full makes clients wait, and refuses none", full)
	It("that does not exist refuses", func() {
		Expect(check.Gather("answer where nobody listens", func() (err error) {
			for range 3 { // another process may be given the port in between
				l := listen()
				address := l.Addr().String()
				check.NoError(l.Close())
				var c net.Conn
				if c, err = net.Dial("tcp", address); err != nil {
					break
				}
				c.Close()
			}
			check.SkipUnlessKernelAnswered(err)
			return err
		})).To(MatchError(unix.ECONNREFUSED))
	})
}

// full has a listener with a queue of one that accepts no connection. How many connections Linux puts into the queue is not
// defined.
func full() {
	in := check.Gather("clients of 64 that came into a queue of one", fill)
	check.ObserveDiffers("connections in a queue of one", in, record.Say("listen(2) calls the length a hint", "listen(2) 称该长度只是提示"))
	Expect(in).To(And(BeNumerically(">", 0), BeNumerically("<", clients)))
}

// clients try to come into a queue of one.
const clients = 64

// fill has clients connect to a queue of one until three wait in vain. It returns how many came in.
func fill() (in int) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("the queue is the host's", "队列属于宿主机"))
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check.NoError(err)
	DeferCleanup(unix.Close, fd)
	noLoopback(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	check.NoError(unix.Listen(fd, 1))
	bound, err := unix.Getsockname(fd)
	check.NoError(err)
	address := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: bound.(*unix.SockaddrInet4).Port}
	waiting := 0
	for waiting < 3 && in < clients {
		patience := 150 * time.Millisecond
		if in == 0 {
			patience = check.EventuallyTimeout() // an emulated or busy machine takes its time to let a client in
		}
		c, err := net.DialTimeout("tcp", address.String(), patience)
		var timeout net.Error
		switch {
		case err == nil:
			in++
			DeferCleanup(c.Close)
		case errors.As(err, &timeout) && timeout.Timeout():
			waiting++
		default:
			Fail(err.Error())
		}
	}
	return in
}

func sockets() {
	It("of Go sends small writes at once", func() {
		Expect(check.Gather("TCP_NODELAY of a Go connection", func() (set int) {
			l := listen()
			c, err := net.Dial("tcp", l.Addr().String())
			check.NoError(err)
			DeferCleanup(c.Close)
			onDescriptor(c.(*net.TCPConn), func(fd int) {
				set, err = unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
				check.NoError(err)
			})
			return set
		})).To(Equal(1))
	})
	It("shares a port with SO_REUSEPORT", func() {
		listen() // skips without a loopback interface
		share := plain(func(_, _ string, c syscall.RawConn) error {
			var set error
			err := c.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
			return errors.Join(err, set)
		})
		first, err := share.Listen(GinkgoT().Context(), "tcp", "127.0.0.1:0")
		check.NoError(err)
		DeferCleanup(first.Close)
		second, err := share.Listen(GinkgoT().Context(), "tcp", first.Addr().String())
		check.NoError(check.Fact("answer to a second listener that shares the port", err))
		DeferCleanup(second.Close)
		third, err := net.Listen("tcp", first.Addr().String())
		if err == nil {
			DeferCleanup(third.Close)
		}
		Expect(check.Fact("answer to a listener that does not share it", err)).To(MatchError(unix.EADDRINUSE))
	})
	It("pair hands a descriptor over", func() {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		check.NoError(err)
		DeferCleanup(func() { unix.Close(pair[0]); unix.Close(pair[1]) })
		var pipe [2]int
		check.NoError(unix.Pipe2(pipe[:], unix.O_CLOEXEC))
		DeferCleanup(func() { unix.Close(pipe[0]); unix.Close(pipe[1]) })
		check.NoError(unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(pipe[1]), nil, 0))
		control := make([]byte, unix.CmsgSpace(4))
		_, n, _, _, err := unix.Recvmsg(pair[1], make([]byte, 1), control, unix.MSG_CMSG_CLOEXEC)
		check.NoError(err)
		if n == 0 { // unix(7): a process that may not have another descriptor open gets none
			check.NoError(unix.EMFILE)
		}
		messages, err := unix.ParseSocketControlMessage(control[:n])
		check.NoError(err)
		got, err := unix.ParseUnixRights(&messages[0])
		check.NoError(err)
		DeferCleanup(unix.Close, got[0])
		_, err = unix.Write(got[0], []byte("through"))
		check.NoError(err)
		read := make([]byte, 7)
		_, err = unix.Read(pipe[0], read)
		check.NoError(err)
		Expect(check.Fact("what came through a descriptor that was handed over", string(read))).To(Equal("through"))
	})
	It("pair tells who is at its other end", func() {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		check.NoError(err)
		DeferCleanup(func() { unix.Close(pair[0]); unix.Close(pair[1]) })
		peer, err := unix.GetsockoptUcred(pair[0], unix.SOL_SOCKET, unix.SO_PEERCRED)
		check.NoError(err)
		Expect(check.Fact("process and user at the other end", []int{int(peer.Pid), int(peer.Uid)})).To(Equal([]int{unix.Getpid(), unix.Geteuid()}))
	})
}
