package vm

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// standInVariable makes this test program stand in for QEMU and the guest in it, and says what its process does.
const standInVariable = "XCMATRIX_STAND_IN_FOR_QEMU"

func TestMain(m *testing.M) {
	if does := os.Getenv(standInVariable); does != "" {
		standIn(does)
	}
	os.Exit(m.Run())
}

// standingIn is a machine that the stand-in is.
func standingIn(t *testing.T, does string) (m *Machine, payload string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	payload = filepath.Join(t.TempDir(), "payload")
	if err := os.WriteFile(payload, []byte("payload"), 0o755); err != nil {
		t.Fatal(err)
	}
	return &Machine{GOARCH: "arm64", CPU: "max", Guest: withDefaults(record.Guest{}), kernel: &kernel{},
		emulator: emulator{path: self, env: []string{standInVariable + "=" + does}}}, payload
}

// standIn says hello, and for each process that it is asked for does what it is to do.
func standIn(does string) {
	go monitored()
	var c *channel.Conn
	ready := make(chan struct{})
	c = channel.Guest(os.NewFile(fdConnection, "line"), func(s *channel.Stream) {
		<-ready
		var h guest.Header
		must(json.Unmarshal(s.Header, &h))
		if h.Kind == guest.KindDisks {
			must(json.NewEncoder(s).Encode([]guest.Disk{}))
			s.Close()
			return
		}
		var request guest.Run
		must(json.NewDecoder(s).Decode(&request))
		events := os.NewFile(uintptr(fdDisks+request.Ports.Events-1), "events")
		switch does {
		case "flood":
			flood(events)
		default:
			line := channel.Guest(os.NewFile(uintptr(fdDisks+request.Ports.Line-1), "line"), func(*channel.Stream) {})
			plug(line, events, record.Plug{In: &record.Disk{Bus: "virtio", Size: 1}})
			if does == "plug and pull" {
				plug(line, events, record.Plug{Out: 1})
			}
		}
		events.WriteString(request.Ports.Last)
		s.Close()
		answer := open(c, guest.Header{Kind: guest.KindExit, Run: h.Run})
		must(json.NewEncoder(answer).Encode(guest.Exit{Code: 7}))
		answer.Close()
	})
	close(ready)
	hello := open(c, guest.Header{Kind: guest.KindHello})
	must(json.NewEncoder(hello).Encode(guest.Hello{}))
	hello.Close()
	<-c.Done()
	os.Exit(0)
}

// monitored takes commands as QEMU's monitor does. A device that is to go is gone at once.
func monitored() {
	control := os.NewFile(fdMonitor, "monitor")
	for in := json.NewDecoder(control); ; {
		var command struct {
			Execute   string
			Arguments struct{ ID string }
		}
		if in.Decode(&command) != nil {
			return
		}
		fmt.Fprintln(control, `{"return": {}}`)
		if command.Execute == "device_del" {
			fmt.Fprintf(control, `{"event": "DEVICE_DELETED", "data": {"device": %q}}`, command.Arguments.ID)
		}
	}
}

// plug asks the host, and sends as an event what it is told.
func plug(c *channel.Conn, events io.Writer, request record.Plug) {
	s := open(c, guest.Header{Kind: guest.KindPlug})
	defer s.Close()
	must(json.NewEncoder(s).Encode(request))
	var told record.Plugged
	must(json.NewDecoder(s).Decode(&told))
	fmt.Fprintln(events, told.Slot, told.Problem)
}

func open(c *channel.Conn, h guest.Header) *channel.Stream {
	s, err := h.Open(c)
	must(err)
	return s
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
