package vm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// standInVariable makes this test program stand in for QEMU and the guest in it.
const standInVariable = "XCMATRIX_STAND_IN_FOR_QEMU"

func TestMain(m *testing.M) {
	if os.Getenv(standInVariable) != "" {
		standIn()
	}
	os.Exit(m.Run())
}

const (
	floodMiB    = 100
	floodEvents = 20000
	floodLast   = "the console's last line"
)

// standIn says hello, and floods its console while the process that it is asked for sends events.
func standIn() {
	var c *channel.Conn
	tell := func(h guest.Header, v any) {
		header, err := json.Marshal(h)
		if err != nil {
			panic(err)
		}
		s, err := c.Open(header)
		if err != nil {
			panic(err)
		}
		if err := json.NewEncoder(s).Encode(v); err != nil {
			panic(err)
		}
		s.Close()
	}
	ready := make(chan struct{})
	c = channel.Guest(os.NewFile(fdLine, "line"), func(s *channel.Stream) {
		<-ready
		var h guest.Header
		if err := json.Unmarshal(s.Header, &h); err != nil {
			panic(err)
		}
		var both sync.WaitGroup
		both.Go(func() {
			for block, i := bytes.Repeat([]byte("x"), 1<<20), 0; i < floodMiB; i++ {
				os.Stdout.Write(block)
			}
			os.Stdout.WriteString(floodLast)
		})
		both.Go(func() {
			for i := range floodEvents {
				fmt.Fprintln(s, i)
			}
		})
		both.Wait()
		s.Close()
		tell(guest.Header{Kind: guest.KindExit, Run: h.Run}, guest.Exit{Code: 7})
	})
	close(ready)
	tell(guest.Header{Kind: guest.KindHello}, guest.Hello{})
	<-c.Done()
	os.Exit(0)
}

// What a guest prints on its console, however much, keeps no event and no report from coming, and takes no memory. An
// emulated serial port takes minutes for as much, so that no guest is asked.
func TestFloodOnTheConsoleDisturbsNothing(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	payload := filepath.Join(t.TempDir(), "payload")
	if err := os.WriteFile(payload, []byte("payload"), 0o755); err != nil {
		t.Fatal(err)
	}
	m := &Machine{GOARCH: "arm64", CPU: "max", Guest: withDefaults(record.Guest{}), kernel: &kernel{},
		emulator: emulator{path: self, env: []string{standInVariable + "=1"}}}
	ctx := t.Context()
	g, err := m.boot(ctx, payload, tcg)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	r, err := g.Run(guest.Run{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r.Events)
	if err != nil || bytes.Count(got, []byte("\n")) != floodEvents || !bytes.HasSuffix(got, fmt.Appendln(nil, floodEvents-1)) {
		t.Errorf("%d of %d events: %v", bytes.Count(got, []byte("\n")), floodEvents, err)
	}
	if exit, ok := r.Wait(); !ok || exit.Code != 7 {
		t.Errorf("%+v, machine up: %t", exit, ok)
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && !strings.HasSuffix(string(g.Console()), floodLast); {
		time.Sleep(10 * time.Millisecond)
	}
	console := g.Console()
	if len(console) > 1<<20 || !bytes.HasSuffix(console, []byte(floodLast)) || !bytes.Contains(console, []byte("bytes not kept")) {
		t.Errorf("%d bytes of the console are kept, and end in %q", len(console), console[max(0, len(console)-40):])
	}
}
