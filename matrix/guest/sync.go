package guest

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Events returns a writer for the payload's event channel, the descriptor fd. In a virtual machine that is a port, or a socket to
// the agent if there are no ports. Write returns after the event has left the guest, so that the start of a spec which crashes
// the kernel is known. If the payload has its own connection to the host, Events starts to serve it.
func Events(fd int) (io.Writer, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, err
	}
	if addresses, has := os.LookupEnv(lineVariable); has {
		if err := connectHost(fd+1, addresses); err != nil {
			return nil, err
		}
	}
	f := os.NewFile(uintptr(fd), "events")
	if stat.Mode&unix.S_IFMT == unix.S_IFSOCK {
		return synchronous{f}, nil
	}
	return f, nil
}

// maxSync bounds the time that a Write waits: the payload's own deadline must work also if the host does not read.
const maxSync = 5 * time.Second

// synchronous is a socket whose Write returns after the other end has read the bytes, or after maxSync.
type synchronous struct{ *os.File }

func (s synchronous) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	if err != nil {
		return n, err
	}
	for end := time.Now().Add(maxSync); time.Now().Before(end); time.Sleep(50 * time.Microsecond) {
		if unread, err := retry.Value(func() (int, error) { return unix.IoctlGetInt(int(s.Fd()), unix.SIOCOUTQ) }); err != nil || unread == 0 {
			break
		}
	}
	return n, nil
}
