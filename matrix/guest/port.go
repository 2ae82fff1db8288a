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

// In a guest with PCI a payload has its own virtio ports. With one connection, through the agent, a run took a fifth longer,
// and a third longer with servers: each event switched twice between processes, and an emulated processor loses its TLB at
// each switch.

// lineVariable is set for a payload whose next descriptor after that of its events is its connection to the host. The value is
// the list of loopback addresses that lead to the host.
const lineVariable = "XCMATRIX_GUEST_LINE"

// plugSocket is the address of the socket on which specs request disks.
const plugSocket = "@xcmatrix-plug"

// openPort opens a virtio port, 0 for the agent's. It waits up to portWait until the port exists, and returns an error after that.
func openPort(n int) (port *os.File, err error) {
	for end := time.Now().Add(portWait); ; time.Sleep(5 * time.Millisecond) {
		if port, err = tryPort(n); err == nil || time.Now().After(end) {
			return port, err
		}
	}
}

// tryPort opens a port, and returns an error if it does not exist or the host has not opened it yet: reading from such a port
// would return io.EOF.
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

// openChannels returns the files of a process: ports for its events and its connections, or, in a guest without ports, a socket
// for its events. The agent must forward events from the socket's other end, agentEnd, which is nil if there are ports.
func (request Run) openChannels() (agentEnd *os.File, files []*os.File, err error) {
	if request.Ports == nil {
		agentEnd, payloadEnd, err := socketPair()
		return agentEnd, []*os.File{payloadEnd}, err
	}
	for _, n := range []int{request.Ports.Events, request.Ports.Line} {
		if n == 0 {
			continue
		}
		port, err := openPort(n)
		if err != nil {
			closeAll(files)
			return nil, nil, err
		}
		files = append(files, port)
	}
	return nil, files, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// writeMarker writes the end marker after the last event of a process that has ended.
func (p *Ports) writeMarker() error {
	port, err := openPort(p.Events)
	if err != nil {
		return err
	}
	defer port.Close()
	_, err = port.WriteString(p.Last)
	return err
}

// connectHost connects loopback addresses of the guest, separated by commas, to the same addresses of the host, and serves
// requests for disks. The connection to the host is the descriptor fd.
func connectHost(fd int, addresses string) error {
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	host := hostConnection{channel.Guest(os.NewFile(uintptr(fd), "line"), func(s *channel.Stream) { s.Close() })}
	for address := range strings.SplitSeq(addresses, ",") {
		if address == "" {
			continue
		}
		if err := host.listen("tcp", address, Header{Kind: KindDial, Address: address}); err != nil {
			return err
		}
	}
	if at := os.Getenv(record.PlugVariable); at != "" {
		return host.listen("unix", at, Header{Kind: KindPlug})
	}
	return nil
}

// hostConnection is a payload's own connection to the host.
type hostConnection struct{ conn *channel.Conn }

// listen makes a stream to the host of every connection to an address of the guest.
func (c hostConnection) listen(network, address string, h Header) error {
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
			go c.forward(conn.(channel.Connection), h)
		}
	}()
	return nil
}

// forward copies between a connection and a new stream to the host until both directions have ended.
func (c hostConnection) forward(conn channel.Connection, h Header) {
	defer conn.Close()
	if s, err := h.Open(c.conn); err == nil {
		channel.Join(s, conn)
	}
}
