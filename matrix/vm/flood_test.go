package vm

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
)

const (
	floodMiB    = 100
	floodEvents = 20000
	floodLast   = "the console's last line"
)

// flood prints on the console while it sends events.
func flood(events io.Writer) {
	var both sync.WaitGroup
	both.Go(func() {
		for block, i := bytes.Repeat([]byte("x"), 1<<20), 0; i < floodMiB; i++ {
			os.Stdout.Write(block)
		}
		os.Stdout.WriteString(floodLast)
	})
	both.Go(func() {
		for i := range floodEvents {
			fmt.Fprintln(events, i)
		}
	})
	both.Wait()
}

// What a guest prints on its console, however much, keeps no event and no report from coming, and takes no memory. An
// emulated serial port takes minutes for as much, so that no guest is asked.
func TestFloodOnTheConsoleDisturbsNothing(t *testing.T) {
	m, payload := standingIn(t, "flood")
	g, err := m.boot(t.Context(), payload, tcg)
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
