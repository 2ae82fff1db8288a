package vm

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
)

// Each process of a guest has a port to itself, where there is PCI, and each port serves one: what a process that was
// killed has left in it can be taken for nothing else. A guest that has used them up makes room for the next.
const ports = 16

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

// makePorts makes the ports' lines, and gives QEMU's ends.
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

// takePort gives a run the next port; none where the line alone is there.
func (g *Guest) takePort(r *Run) (number int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	number = slices.IndexFunc(g.ports, func(c net.Conn) bool { return c != nil }) + 1
	if number == 0 && len(g.ports) > 0 {
		return 0, fmt.Errorf("the guest has no port left: it had %d", len(g.ports))
	}
	if number > 0 {
		r.port = channel.Host(g.ports[number-1], r.serve)
		g.ports[number-1] = nil
	}
	return number, nil
}

// roomy reports whether the guest can serve another process.
func (g *Guest) roomy() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.ports) == 0 || g.ports[len(g.ports)-1] != nil
}

func (g *Guest) closePorts() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.ports {
		if c != nil {
			c.Close()
		}
	}
}

// serve answers a stream that the process opened on its port.
func (r *Run) serve(s *channel.Stream) {
	var h guest.Header
	if err := json.Unmarshal(s.Header, &h); err != nil {
		s.Close()
		return
	}
	switch h.Kind {
	case guest.KindEvents:
		select {
		case r.events <- s:
		default: // there is one
			s.Close()
		}
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
	if !slices.Contains(r.relay, address) {
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

// arriving reads a stream that the other end is still to open. It ends where the line does.
type arriving struct {
	stream <-chan *channel.Stream
	over   <-chan struct{}
	came   *channel.Stream
}

func (a *arriving) Read(p []byte) (int, error) {
	if a.came == nil {
		select {
		case a.came = <-a.stream:
		case <-a.over:
			select {
			case a.came = <-a.stream: // it came before
			default:
				return 0, io.EOF
			}
		}
	}
	return a.came.Read(p)
}
