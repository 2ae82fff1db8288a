package guest

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// A payload has a virtio port to itself where there is PCI. All through the first process and its one line took a guest
// a fifth more, and with servers a third: an emulated processor forgets what it has translated addresses to when it goes
// from one process to another, and each event was two such ways.

// portVariable tells a payload that its event channel is a port, and which addresses lead to the host.
const portVariable = "XCMATRIX_GUEST_PORT"

// plugSocket is where a payload's specs ask for disks.
const plugSocket = "@xcmatrix-plug"

// openPort opens a port: that of a process, or 0 for the machine's line. It is there from soon after the start on.
func openPort(n int) (*os.File, error) {
	path := ports + strconv.Itoa(n+1)
	if found, err := filepath.Glob(path); err == nil && len(found) > 0 {
		path = found[0]
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// leavePort says to the host that a process has ended, behind the last that it has said itself.
func leavePort(n int) error {
	port, err := openPort(n)
	if err != nil {
		return err
	}
	defer port.Close()
	return channel.Last(port)
}

// ownPort begins to talk to the host, makes the addresses lead there, and opens the event channel.
func ownPort(port *os.File, addresses string) (io.Writer, error) {
	o := outlet{channel.Guest(port, func(s *channel.Stream) { s.Close() })}
	for address := range strings.SplitSeq(addresses, ",") {
		if address == "" {
			continue
		}
		if err := o.listen("tcp", address, Header{Kind: KindDial, Address: address}); err != nil {
			return nil, err
		}
	}
	if at := os.Getenv(record.PlugVariable); at != "" {
		if err := o.listen("unix", at, Header{Kind: KindPlug}); err != nil {
			return nil, err
		}
	}
	return o.open(Header{Kind: KindEvents})
}

// outlet is a payload's own way to the host.
type outlet struct{ conn *channel.Conn }

func (o outlet) open(h Header) (*channel.Stream, error) {
	header, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return o.conn.Open(header)
}

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
	if s, err := o.open(h); err == nil {
		channel.Join(s, conn)
	}
}
