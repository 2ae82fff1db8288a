package vm

import (
	"encoding/json"
	"io"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// What a guest reports is not believed without bounds: a payload in it is its root, and can write to the line itself.
const (
	maxHello  = 64 << 10 // bytes of a report
	maxDisks  = 64 << 10
	maxExit   = 1 << 20 // what a process printed is in it
	maxWords  = 1 << 10 // bytes of one text
	maxListed = 100     // problems
)

// readHello reads what a guest says when it is up.
func readHello(report io.Reader) (guest.Hello, error) {
	var h guest.Hello
	err := json.NewDecoder(io.LimitReader(report, maxHello)).Decode(&h)
	h.Kernel, h.Machine = words(h.Kernel), words(h.Machine)
	h.Problems = h.Problems[:min(len(h.Problems), maxListed)]
	for i, p := range h.Problems {
		h.Problems[i] = words(p)
	}
	return h, err
}

// readDisks reads which disks a guest's kernel shows.
func readDisks(report io.Reader) (found []guest.Disk, err error) {
	err = json.NewDecoder(io.LimitReader(report, maxDisks)).Decode(&found)
	return found, err
}

// readExit reads how a process in a guest ended. The signal's name is this program's own word for its number.
func readExit(report io.Reader) (guest.Exit, error) {
	var e guest.Exit
	if err := json.NewDecoder(io.LimitReader(report, maxExit)).Decode(&e); err != nil {
		return e, err
	}
	e.Name = ""
	if e.Signal != 0 {
		e.Name = unix.SignalName(syscall.Signal(e.Signal))
	}
	if e.Killed != nil {
		e.Killed = &record.Sentence{En: words(e.Killed.En), Zh: words(e.Killed.Zh)}
	}
	var output child.Output // which keeps no more than of any other process
	_, _ = output.Write(e.Output)
	e.Output = output.Bytes()
	return e, nil
}

// words is a text of a guest's, bounded and in UTF-8.
func words(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxWords)], "\uFFFD")
}
