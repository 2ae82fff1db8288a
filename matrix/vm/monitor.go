package vm

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// monitor speaks QEMU's machine protocol (docs/interop/qmp-spec.rst in QEMU's source).
type monitor struct {
	conn net.Conn

	mu      sync.Mutex
	ready   bool
	answers chan reply
	events  map[string]chan json.RawMessage
}

type reply struct {
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Class string `json:"class"`
		Desc  string `json:"desc"`
	} `json:"error"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

func newMonitor(conn net.Conn) *monitor {
	m := &monitor{conn: conn, answers: make(chan reply, 1), events: map[string]chan json.RawMessage{}}
	go m.read()
	return m
}

func (m *monitor) read() {
	defer close(m.answers)
	for lines := bufio.NewScanner(m.conn); lines.Scan(); {
		var r reply
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			continue
		}
		switch {
		case r.Event != "":
			m.publish(r.Event, r.Data)
		case r.Return != nil || r.Error != nil:
			m.answers <- r
		}
	}
}

func (m *monitor) publish(event string, data json.RawMessage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if waiting, ok := m.events[event]; ok {
		delete(m.events, event)
		waiting <- data
	}
}

// await gives the next event of a name. It is called before the command that brings the event.
func (m *monitor) await(event string) <-chan json.RawMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	waiting := make(chan json.RawMessage, 1)
	m.events[event] = waiting
	return waiting
}

// do carries one command out. One at a time.
func (m *monitor) do(command string, arguments any) error {
	if !m.ready {
		if err := m.send("qmp_capabilities", nil); err != nil {
			return err
		}
		m.ready = true
	}
	return m.send(command, arguments)
}

var errMonitor = errors.New("QEMU's monitor does not answer")

func (m *monitor) send(command string, arguments any) error {
	message := map[string]any{"execute": command}
	if arguments != nil {
		message["arguments"] = arguments
	}
	if err := json.NewEncoder(m.conn).Encode(message); err != nil {
		return err
	}
	select {
	case r, ok := <-m.answers:
		if !ok {
			return errMonitor
		}
		if r.Error != nil {
			return fmt.Errorf("%s: %s", command, r.Error.Desc)
		}
		return nil
	case <-time.After(10 * time.Second):
		return errMonitor
	}
}

func (m *monitor) close() { m.conn.Close() }
