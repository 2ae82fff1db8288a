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

// Bounds of what a guest reports. A payload in it is root and could write reports of its own.
const (
	maxHello    = 64 << 10 // bytes
	maxDisks    = 64 << 10
	maxExit     = 1 << 20 // bytes, including the output of the process
	maxText     = 1 << 10 // bytes of one string
	maxProblems = 100     // of a hello
)

// readHello reads the report of a guest that is up.
func readHello(report io.Reader) (guest.Hello, error) {
	var h guest.Hello
	err := json.NewDecoder(io.LimitReader(report, maxHello)).Decode(&h)
	h.Kernel, h.Machine = boundedText(h.Kernel), boundedText(h.Machine)
	h.Problems = h.Problems[:min(len(h.Problems), maxProblems)]
	for i, p := range h.Problems {
		h.Problems[i] = boundedText(p)
	}
	return h, err
}

// readDisks reads the list of disks that a guest's kernel has found.
func readDisks(report io.Reader) (found []guest.Disk, err error) {
	err = json.NewDecoder(io.LimitReader(report, maxDisks)).Decode(&found)
	return found, err
}

// readExit reads how a process in a guest ended. The signal's name is derived from its number here, not read.
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
		e.Killed = &record.Sentence{En: boundedText(e.Killed.En), Zh: boundedText(e.Killed.Zh)}
	}
	var output child.Output // bounds it as for every other process
	_, _ = output.Write(e.Output)
	e.Output = output.Bytes()
	return e, nil
}

// boundedText returns the first maxText bytes of a guest's string as valid UTF-8.
func boundedText(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxText)], "\uFFFD")
}
