package guest

import (
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// forward copies events from the payload's socket to the host until either has ended. It removes events from the socket only
// after they have left the guest. The payload waits for that, so that the host knows of a spec's start before the spec can
// crash the kernel.
func forward(to io.Writer, events *os.File) {
	buf := make([]byte, 64<<10)
	raw, err := events.SyscallConn()
	if err != nil {
		return
	}
	for {
		n, errno := 0, error(nil)
		err := raw.Read(func(fd uintptr) bool {
			n, errno = retry.Value(func() (int, error) {
				n, _, err := unix.Recvfrom(int(fd), buf, unix.MSG_PEEK|unix.MSG_DONTWAIT)
				return n, err
			})
			return errno != unix.EAGAIN
		})
		if err != nil || errno != nil || n == 0 {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
		if _, err := io.ReadFull(events, buf[:n]); err != nil {
			return
		}
	}
}

// socketPair returns two connected sockets: one for the agent and one for the payload.
func socketPair() (agentEnd, payloadEnd *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "events"), os.NewFile(uintptr(fds[1]), "events"), nil
}

type pipe struct {
	r, w *os.File
	err  error
}

func newPipe() pipe {
	r, w, err := os.Pipe()
	return pipe{r, w, err}
}

func (p pipe) close() {
	if p.err == nil {
		p.r.Close()
		p.w.Close()
	}
}
