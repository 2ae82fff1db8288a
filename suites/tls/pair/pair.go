// Package pair connects two peers of a test within one process.
package pair

import (
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// New returns both ends of a connection that the kernel buffers, with a deadline: a peer that waits for ever is an error.
func New(patience time.Duration) (client, server net.Conn, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	conns := [2]net.Conn{}
	for i, fd := range ends {
		f := os.NewFile(uintptr(fd), "socketpair")
		c, errConn := net.FileConn(f)
		if err = errors.Join(err, errConn, f.Close()); errConn == nil {
			err = errors.Join(err, c.SetDeadline(time.Now().Add(patience)))
		}
		conns[i] = c
	}
	return conns[0], conns[1], err
}
