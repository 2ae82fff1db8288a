package vm

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
)

// A guest with PCI has virtio ports in addition to the connection of the agent, which is port 0. One port carries the events
// of all processes, one after the other. The other ports carry the connections of one process each, because data that a killed
// process has left in a port could be taken for data of the next process. A guest whose ports are all used is replaced by a
// new one. There are 13 ports, because QEMU loses notifications to a kernel with more than 15.
const (
	eventPort = 1
	lines     = 12
	ports     = 1 + lines
)

// portCount returns the number of ports without port 0; it is 0 for a guest without PCI.
func (m *Machine) portCount() int {
	if m.board().serial {
		return 0
	}
	return ports
}

// ports returns QEMU's arguments for the ports.
func (m *Machine) ports() []string {
	var args []string
	for i := range m.portCount() {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=port%d,fd=%d", i+1, m.fdPorts()+i),
			"-device", fmt.Sprintf("virtserialport,chardev=port%d,name=xcmatrix.%d,nr=%d", i+1, i+1, i+2))
	}
	return args
}

// createPorts creates n sockets for ports and returns QEMU's ends. The caller closes them, also if there is an error.
func (g *Guest) createPorts(n int) ([]*os.File, error) {
	var files []*os.File
	for range n {
		ours, theirs, err := socketPair("port")
		if err != nil {
			return files, err
		}
		g.ports, files = append(g.ports, ours), append(files, theirs)
	}
	return files, nil
}

// assignPorts assigns ports to a run and returns their numbers; nil if the guest has no ports. It returns an error if all ports
// are used.
func (g *Guest) assignPorts(r *Run) (*guest.Ports, error) {
	if len(g.ports) == 0 {
		return nil, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := &guest.Ports{Events: eventPort, Last: rand.Text()}
	r.port = &markerReader{in: g.ports[eventPort-1], marker: []byte(p.Last)}
	r.Events = r.port
	if r.request.Slots == 0 && len(r.request.Relay) == 0 {
		return p, nil
	}
	if g.lines == lines {
		return nil, fmt.Errorf("the guest has no line left: it had %d", lines)
	}
	p.Line = eventPort + 1 + g.lines
	g.lines++
	r.line = channel.Host(g.ports[p.Line-1], r.serveStream)
	return p, nil
}

// closePort closes the run's own port. If the end marker of its events has not arrived, it closes the guest too, because later
// events on the port could not be assigned to a run.
func (r *Run) closePort() {
	if r.line != nil {
		r.line.Close()
	}
	if r.port != nil && !r.port.complete.Load() {
		r.guest.Close()
	}
}

// hasFreePort reports whether the guest has ports for another process.
func (g *Guest) hasFreePort() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.ports) == 0 || g.lines < lines
}

func (g *Guest) closePorts() {
	for _, c := range g.ports {
		c.Close()
	}
}

// serveStream serves a stream that the process opened: a connection to the host, or a request for a disk.
func (r *Run) serveStream(s *channel.Stream) {
	var h guest.Header
	if err := json.Unmarshal(s.Header, &h); err != nil {
		s.Close()
		return
	}
	switch h.Kind {
	case guest.KindDial:
		r.connect(s, h.Address)
	case guest.KindPlug:
		r.guest.servePlugRequest(s)
	default:
		s.Close()
	}
}

// connect connects the stream to an address of the host. It closes the stream if the run may not connect to that address.
func (r *Run) connect(s *channel.Stream, address string) {
	if !slices.Contains(r.request.Relay, address) {
		s.Close()
		return
	}
	conn, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		s.Close()
		return
	}
	channel.Join(s, conn.(*net.TCPConn))
}

// markerReader reads up to a marker, and then returns io.EOF.
type markerReader struct {
	in       io.Reader
	marker   []byte
	buffered []byte      // read from in, and not returned yet
	complete atomic.Bool // the marker has arrived
	err      error       // of in
}

func (m *markerReader) Read(p []byte) (int, error) {
	for {
		if n := len(m.buffered) - m.possibleMarker(); n > 0 {
			n = copy(p, m.buffered[:n])
			m.buffered = m.buffered[n:]
			return n, nil
		}
		if m.complete.Load() || m.err != nil {
			return 0, io.EOF
		}
		buf := make([]byte, 32<<10)
		n, err := m.in.Read(buf)
		m.buffered, m.err = append(m.buffered, buf[:n]...), err
		if bytes.HasSuffix(m.buffered, m.marker) {
			m.buffered = bytes.TrimSuffix(m.buffered, m.marker)
			m.complete.Store(true)
		}
	}
}

// possibleMarker returns how many bytes at the end of the buffer may be the beginning of the marker.
func (m *markerReader) possibleMarker() int {
	if m.complete.Load() || m.err != nil {
		return 0
	}
	for n := min(len(m.marker), len(m.buffered)); n > 0; n-- {
		if bytes.HasSuffix(m.buffered, m.marker[:n]) {
			return n
		}
	}
	return 0
}
