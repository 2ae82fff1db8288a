// Package launch starts payloads, and alone says how they were started.
package launch

import (
	"context"
	"io"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Target is what a launcher has to know of a target.
type Target struct {
	ID   string
	Key  build.Key
	CPU  string // model for an emulator or a virtual machine
	Name string // of the launcher: "native", "emulated", "vm"

	Guest  record.Guest // for a virtual machine
	Served bool         // payloads talk to servers on this machine: a virtual machine needs a fast line to it
}

// Launcher starts processes of one kind.
type Launcher interface {
	// Ready looks before anything is shipped: nil, or a *record.Missing that says what is absent.
	Ready(ctx context.Context, t Target) error
	// Describe is what the journal keeps of a launch.
	Describe(t Target, p build.Payload) record.Launch
	// Environment is what a journal may keep of the environment that a payload is started with.
	Environment(s Shot) []string
	// Start starts one process. The caller reads its events to the end, then waits for it.
	Start(ctx context.Context, t Target, p build.Payload, s Shot) (Process, error)
}

// Shot is one process: a share of one cell.
type Shot struct {
	Request record.Request
	Env     []string // beside what every program gets; may hold passwords, and is not kept
	Reads   []string // variables of this process's own environment that the payload gets too
	Memory  uint64   // bytes of memory after which the process is ended; 0 for no limit
}

// Process is a payload that runs.
type Process interface {
	// Events is the payload's event channel. It ends when nobody can write to it any more.
	Events() io.Reader
	// Kill ends the process, and says why in the exit.
	Kill(why record.Sentence)
	// Wait waits for the end.
	Wait() Exit
}

// Exit is how a process ended.
type Exit struct {
	Code   int              // exit status; -1 when a signal ended it
	Signal string           // "SIGILL": what ended it, also where the Go runtime caught it and exited by itself
	Killed *record.Sentence // why the launcher ended it, if it did
	Output []byte           // what it printed: the head and the tail
	Ran    time.Duration    // from its start to its end, by the clock of where it ran
}

// For returns the launcher that a target names.
func For(t Target) (Launcher, error) {
	switch t.Name {
	case "native":
		return native{}, nil
	case "emulated":
		return &emulated{}, nil
	case "vm":
		return &virtual{}, nil
	}
	return nil, record.Wrongf("", "target %s: there is no launcher %q: native, emulated or vm",
		"目标 %s：没有启动器 %q：可用 native、emulated 或 vm", t.ID, t.Name)
}
