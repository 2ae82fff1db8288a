package vm

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// monitor speaks QEMU's machine protocol (docs/interop/qmp-spec.rst in QEMU's source).
type monitor struct {
	conn *net.UnixConn

	mu      sync.Mutex // one command at a time
	answers chan answer
	deleted chan string // devices that the guest has let go
}

// answer is what the protocol sends: an answer to a command, or an event.
type answer struct {
	Return json.RawMessage `json:"return"`
	Error  *struct{ Desc string }
	Event  string
	Data   struct{ Device string }
}

// answerTime is how long QEMU may take to answer. The guest has no part in that.
const answerTime = 20 * time.Second

func newMonitor(conn *net.UnixConn) *monitor {
	m := &monitor{conn: conn, answers: make(chan answer, 1), deleted: make(chan string, 16)}
	go m.read()
	return m
}

// read sorts what comes until QEMU ends.
func (m *monitor) read() {
	defer close(m.answers)
	for in := json.NewDecoder(m.conn); ; {
		var a answer
		if err := in.Decode(&a); err != nil {
			return
		}
		switch {
		case a.Return != nil || a.Error != nil:
			m.answers <- a
		case a.Event == "DEVICE_DELETED" && a.Data.Device != "":
			select {
			case m.deleted <- a.Data.Device:
			default: // nobody waits
			}
		}
	}
}

// do carries one command out. A file goes along with it where there is one.
func (m *monitor) do(command string, arguments any, file *os.File) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	raw, err := json.Marshal(map[string]any{"execute": command, "arguments": arguments})
	if err != nil {
		return err
	}
	var rights []byte
	if file != nil {
		rights = unix.UnixRights(int(file.Fd()))
	}
	if _, _, err := m.conn.WriteMsgUnix(raw, rights, nil); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	select {
	case a, ok := <-m.answers:
		switch {
		case !ok:
			return fmt.Errorf("%s: %w", command, io.ErrUnexpectedEOF)
		case a.Error != nil:
			return fmt.Errorf("%s: %s", command, a.Error.Desc)
		}
		return nil
	case <-time.After(answerTime):
		return fmt.Errorf("%s: QEMU did not answer within %v", command, answerTime)
	}
}

// arrange makes QEMU take commands.
func (m *monitor) arrange() error { return m.do("qmp_capabilities", struct{}{}, nil) }
