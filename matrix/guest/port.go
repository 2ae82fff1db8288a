package guest

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// A payload has virtio ports to itself where there is PCI. All through the first process and its one line took a guest a
// fifth more, and with servers a third: an emulated processor forgets what it has translated addresses to when it goes
// from one process to another, and each event was two such ways.

// lineVariable tells a payload that the descriptor behind its events is its line, and which addresses lead to the host.
const lineVariable = "XCMATRIX_GUEST_LINE"

// plugSocket is where a payload's specs ask for disks.
const plugSocket = "@xcmatrix-plug"

// openPort opens a port, 0 for the machine's line. It is there from soon after the start on.
func openPort(n int) (port *os.File, err error) {
	for end := time.Now().Add(portWait); ; time.Sleep(5 * time.Millisecond) {
		if port, err = tryPort(n); err == nil || time.Now().After(end) {
			return port, err
		}
	}
}

// tryPort opens a port that is there. One that the host has not opened yet would read as if it were at its end.
func tryPort(n int) (*os.File, error) {
	path := ports + strconv.Itoa(n+1)
	if found, err := filepath.Glob(path); err == nil && len(found) > 0 {
		path = found[0]
	}
	fd, err := retry.Value(func() (int, error) { return unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	state := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if _, err := retry.Value(func() (int, error) { return unix.Poll(state, 0) }); err != nil || state[0].Revents&unix.POLLHUP != 0 {
		unix.Close(fd)
		return nil, &os.PathError{Op: "open", Path: path, Err: unix.EPIPE}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// channels makes what a process is given: ports for its events and its connections, or a socket for its events, whose
// other end is to be forwarded.
func (ask Run) channels() (ours *os.File, theirs []*os.File, err error) {
	if ask.Ports == nil {
		ours, end, err := socketPair()
		return ours, []*os.File{end}, err
	}
	for _, n := range []int{ask.Ports.Events, ask.Ports.Line} {
		if n == 0 {
			continue
		}
		port, err := openPort(n)
		if err != nil {
			closeAll(theirs)
			return nil, nil, err
		}
		theirs = append(theirs, port)
	}
	return nil, theirs, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// leave says to the host that the process has ended, behind the last that it has said itself.
func (p *Ports) leave() error {
	port, err := openPort(p.Events)
	if err != nil {
		return err
	}
	defer port.Close()
	_, err = port.WriteString(p.Last)
	return err
}

// serveLine makes addresses of the guest's loopback lead to the same of the host's, and serves those who ask for disks.
func serveLine(fd int, addresses string) error {
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	o := outlet{channel.Guest(os.NewFile(uintptr(fd), "line"), func(s *channel.Stream) { s.Close() })}
	for address := range strings.SplitSeq(addresses, ",") {
		if address == "" {
			continue
		}
		if err := o.listen("tcp", address, Header{Kind: KindDial, Address: address}); err != nil {
			return err
		}
	}
	if at := os.Getenv(record.PlugVariable); at != "" {
		return o.listen("unix", at, Header{Kind: KindPlug})
	}
	return nil
}

// outlet is a payload's own way to the host.
type outlet struct{ conn *channel.Conn }

// listen makes every connection to an address of the guest's a stream to the host.
func (o outlet) listen(network, address string, h Header) error {
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go o.carry(conn.(channel.Connection), h)
		}
	}()
	return nil
}

func (o outlet) carry(conn channel.Connection, h Header) {
	defer conn.Close()
	if s, err := h.Open(o.conn); err == nil {
		channel.Join(s, conn)
	}
}
