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

// monitor is a client of QEMU's machine protocol, QMP (docs/interop/qmp-spec.rst in QEMU's source).
type monitor struct {
	conn *net.UnixConn

	mu      sync.Mutex // one command at a time
	answers chan answer
	deleted chan string // ids of devices that the guest has released
}

// answer is a message from QEMU: the answer to a command, or an event.
type answer struct {
	Return json.RawMessage `json:"return"`
	Error  *struct{ Desc string }
	Event  string
	Data   struct{ Device string }
}

// answerTime is how long QEMU may take to answer. It answers without waiting for the guest.
const answerTime = 20 * time.Second

// newMonitor starts to read from the connection. The caller must call enableCommands before other commands.
func newMonitor(conn *net.UnixConn) *monitor {
	m := &monitor{conn: conn, answers: make(chan answer, 1), deleted: make(chan string, 16)}
	go m.read()
	return m
}

// read passes on answers and released devices until QEMU ends.
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
			default: // no Unplug is waiting
			}
		}
	}
}

// execute sends a command, with a file descriptor if file is not nil, and waits for the answer. It returns an error if QEMU
// answers with one, has ended, or does not answer within answerTime.
func (m *monitor) execute(command string, arguments any, file *os.File) error {
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

// enableCommands ends the protocol's negotiation phase: before it QEMU accepts no commands.
func (m *monitor) enableCommands() error { return m.execute("qmp_capabilities", struct{}{}, nil) }
