package guest

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// Events is the payload's event channel on a descriptor. In a virtual machine that is a port, or a socket where there is
// none, and what has been written to it has left the machine when Write returns: the start of a spec that brings the
// kernel down is known. Where the payload has a line to the host too, that begins to be served.
func Events(fd int) (io.Writer, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, err
	}
	if addresses, has := os.LookupEnv(lineVariable); has {
		if err := serveLine(fd+1, addresses); err != nil {
			return nil, err
		}
	}
	f := os.NewFile(uintptr(fd), "events")
	if stat.Mode&unix.S_IFMT == unix.S_IFSOCK {
		return synchronous{f}, nil
	}
	return f, nil
}

// maxSync bounds the wait: a host that does not read must not stop the payload's own deadline.
const maxSync = 5 * time.Second

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
