package kernel

import (
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

// listen is a listener on loopback, closed at the end of the spec.
func listen() *net.TCPListener {
	GinkgoHelper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		check.Skip(record.Sayf("no loopback interface: %v", "没有回环接口：%v", err))
	}
	DeferCleanup(func() { _ = l.Close() }) // a spec may have closed it
	return l.(*net.TCPListener)
}

// onDescriptor runs body on the descriptor of a connection or listener.
func onDescriptor(c syscall.Conn, body func(fd int)) {
	GinkgoHelper()
	raw, err := c.SyscallConn()
	Expect(err).NotTo(HaveOccurred())
	Expect(raw.Control(func(fd uintptr) { body(int(fd)) })).To(Succeed())
}

func queues() {
	It("of a Go listener is as long as net.core.somaxconn", func() {
		hostsOwn()
		most := sysctlNumber("net/core/somaxconn")
		check.ObserveDiffers("somaxconn", most, record.Say("128 before Linux 5.4, 4096 since, unless set", "Linux 5.4 之前默认 128，之后 4096，可另行设置"))
		onDescriptor(listen(), func(fd int) {
			info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
			Expect(err).NotTo(HaveOccurred())
			Expect(int64(info.Sacked)).To(Equal(most)) // of a listener: the longest queue, tcp_get_info in net/ipv4/tcp.c
		})
	})
	It("that is full makes clients wait, and refuses none", full)
	It("that does not exist refuses", func() {
		l := listen()
		address := l.Addr().String()
		Expect(l.Close()).To(Succeed())
		_, err := net.Dial("tcp", address)
		Expect(err).To(MatchError(unix.ECONNREFUSED))
	})
}

// full has a queue of one, which Linux lets two connections into, and nobody who accepts.
func full() {
	check.NeedsKernel(record.Say("the queue is the host's", "队列属于宿主机"))
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(unix.Close, fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		check.Skip(record.Sayf("no loopback interface: %v", "没有回环接口：%v", err))
	}
	Expect(unix.Listen(fd, 1)).To(Succeed())
	bound, err := unix.Getsockname(fd)
	Expect(err).NotTo(HaveOccurred())
	address := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: bound.(*unix.SockaddrInet4).Port}
	in, waiting := 0, 0
	for i := range 5 {
		patience := 10 * time.Second // an emulated machine takes its time to let a client in
		if i >= 2 {
			patience = 150 * time.Millisecond
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
	Expect([]int{in, waiting}).To(Equal([]int{2, 3}))
}

func sockets() {
	It("of Go sends small writes at once", func() {
		l := listen()
		c, err := net.Dial("tcp", l.Addr().String())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(c.Close)
		onDescriptor(c.(*net.TCPConn), func(fd int) {
			Expect(unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)).To(Equal(1))
		})
	})
	It("shares a port with SO_REUSEPORT", func() {
		listen() // skips without a loopback interface
		share := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
			var set error
			err := c.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
			return errors.Join(err, set)
		}}
		first, err := share.Listen(GinkgoT().Context(), "tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(first.Close)
		second, err := share.Listen(GinkgoT().Context(), "tcp", first.Addr().String())
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(second.Close)
		_, err = net.Listen("tcp", first.Addr().String())
		Expect(err).To(MatchError(unix.EADDRINUSE))
	})
	It("pair hands a descriptor over", func() {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { unix.Close(pair[0]); unix.Close(pair[1]) })
		var pipe [2]int
		Expect(unix.Pipe2(pipe[:], unix.O_CLOEXEC)).To(Succeed())
		DeferCleanup(func() { unix.Close(pipe[0]); unix.Close(pipe[1]) })
		Expect(unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(pipe[1]), nil, 0)).To(Succeed())
		control := make([]byte, unix.CmsgSpace(4))
		_, n, _, _, err := unix.Recvmsg(pair[1], make([]byte, 1), control, unix.MSG_CMSG_CLOEXEC)
		Expect(err).NotTo(HaveOccurred())
		messages, err := unix.ParseSocketControlMessage(control[:n])
		Expect(err).NotTo(HaveOccurred())
		got, err := unix.ParseUnixRights(&messages[0])
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(unix.Close, got[0])
		_, err = unix.Write(got[0], []byte("through"))
		Expect(err).NotTo(HaveOccurred())
		read := make([]byte, 7)
		_, err = unix.Read(pipe[0], read)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(read)).To(Equal("through"))
	})
	It("pair tells who is at its other end", func() {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { unix.Close(pair[0]); unix.Close(pair[1]) })
		peer, err := unix.GetsockoptUcred(pair[0], unix.SOL_SOCKET, unix.SO_PEERCRED)
		Expect(err).NotTo(HaveOccurred())
		Expect([]int{int(peer.Pid), int(peer.Uid)}).To(Equal([]int{unix.Getpid(), unix.Geteuid()}))
	})
}
