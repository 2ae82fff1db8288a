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

// Beside the machine's line there is, where there is PCI, a port for the events of one process after the other, which stay
// readable whatever is written there, and for each process a line for its connections: what one that was killed has left
// in a line could be taken for another's. A guest that has used them up makes room for the next. QEMU loses what it tells
// a kernel of more than 15 ports at once.
const (
	eventPort = 1 // the machine's line is 0
	lines     = 12
	ports     = 1 + lines
)

// portCount is how many the machine has.
func (m *Machine) portCount() int {
	if m.board().serial {
		return 0
	}
	return ports
}

// ports are QEMU's arguments for them.
func (m *Machine) ports() []string {
	var args []string
	for i := range m.portCount() {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=port%d,fd=%d", i+1, m.fdPorts()+i),
			"-device", fmt.Sprintf("virtserialport,chardev=port%d,name=xcmatrix.%d,nr=%d", i+1, i+1, i+2))
	}
	return args
}

// makePorts makes the ports' sockets, and gives QEMU's ends.
func (g *Guest) makePorts(n int) ([]*os.File, error) {
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

// takePorts gives a run its ports; none where the machine's line is all there is.
func (g *Guest) takePorts(r *Run) (*guest.Ports, error) {
	if len(g.ports) == 0 {
		return nil, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p := &guest.Ports{Events: eventPort, Last: rand.Text()}
	r.port = &until{in: g.ports[eventPort-1], last: []byte(p.Last)}
	r.Events = r.port
	if r.ask.Slots == 0 && len(r.ask.Relay) == 0 {
		return p, nil
	}
	if g.lines == lines {
		return nil, fmt.Errorf("the guest has no line left: it had %d", lines)
	}
	p.Line = eventPort + 1 + g.lines
	g.lines++
	r.line = channel.Host(g.ports[p.Line-1], r.serve)
	return p, nil
}

// closeLine closes what a run has to itself, and the machine with it where it cannot be told whose the next events are.
func (r *Run) closeLine() {
	if r.line != nil {
		r.line.Close()
	}
	if r.port != nil && !r.port.over.Load() {
		r.guest.Close()
	}
}

// roomy reports whether the guest can serve another process.
func (g *Guest) roomy() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.ports) == 0 || g.lines < lines
}

func (g *Guest) closePorts() {
	for _, c := range g.ports {
		c.Close()
	}
}

// serve answers a stream that the process opened on its line.
func (r *Run) serve(s *channel.Stream) {
	var h guest.Header
	if err := json.Unmarshal(s.Header, &h); err != nil {
		s.Close()
		return
	}
	switch h.Kind {
	case guest.KindDial:
		r.dial(s, h.Address)
	case guest.KindPlug:
		r.guest.answer(s)
	default:
		s.Close()
	}
}

// dial connects the process to one of the addresses that it may reach, and to no other.
func (r *Run) dial(s *channel.Stream, address string) {
	if !slices.Contains(r.ask.Relay, address) {
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

// until reads up to the last words, and ends there.
type until struct {
	in   io.Reader
	last []byte
	held []byte      // read, and not given
	over atomic.Bool // the last words have come
	err  error       // what in ended with
}

func (u *until) Read(p []byte) (int, error) {
	for {
		if n := len(u.held) - u.doubtful(); n > 0 {
			n = copy(p, u.held[:n])
			u.held = u.held[n:]
			return n, nil
		}
		if u.over.Load() || u.err != nil {
			return 0, io.EOF
		}
		buf := make([]byte, 32<<10)
		n, err := u.in.Read(buf)
		u.held, u.err = append(u.held, buf[:n]...), err
		if bytes.HasSuffix(u.held, u.last) {
			u.held = bytes.TrimSuffix(u.held, u.last)
			u.over.Store(true)
		}
	}
}

// doubtful is how many bytes at the end of what is held may be the begin of the last words.
func (u *until) doubtful() int {
	if u.over.Load() || u.err != nil {
		return 0
	}
	for n := min(len(u.last), len(u.held)); n > 0; n-- {
		if bytes.HasSuffix(u.held, u.last[:n]) {
			return n
		}
	}
	return 0
}
