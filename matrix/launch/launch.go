// Package launch starts payloads: natively, under an emulator, or in a virtual machine. It is the only source of the
// provenance of results.
package launch

import (
	"context"
	"io"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Target is the part of a target that a launcher needs.
type Target struct {
	ID   string
	Key  build.Key
	CPU  string // model, as QEMU names it; "" on a real machine
	Name string // of the launcher: "native", "emulated", "vm"

	Guest  record.Guest // for a virtual machine
	Served bool         // payloads connect to servers on this machine, so that a virtual machine needs a fast connection to it
}

// TargetOf returns the part that a launcher needs of a target of a manifest. It returns an error if the build key is none.
func TargetOf(declared store.Target) (Target, error) {
	key, err := build.ParseKey(declared.BuildKey, declared.GOOS, declared.GOARCH)
	if err != nil {
		return Target{}, err
	}
	t := Target{ID: declared.ID, Key: key, CPU: declared.CPU, Name: declared.Launcher}
	if declared.Guest != nil {
		t.Guest = *declared.Guest
	}
	return t, nil
}

// Available returns nil if payloads of any suite can be started on a target from here. It returns a *record.Missing with the
// remedy if something is absent, and a *record.Problem if the target is wrong.
func Available(ctx context.Context, declared store.Target) error {
	t, err := TargetOf(declared)
	if err != nil {
		return err
	}
	t.Served = true // some suites use services
	l, err := For(t)
	if err != nil {
		return err
	}
	return l.Ready(ctx, t)
}

// Launcher starts processes of one kind.
type Launcher interface {
	// Ready returns nil if the launcher can start payloads here, and a *record.Missing with the remedy if something is
	// absent. It starts no payload.
	Ready(ctx context.Context, t Target) error
	// Describe returns the provenance, launcher and payload of a launch, for the journal.
	Describe(t Target, p build.Payload) record.Launch
	// Environment returns the names of the environment variables that a payload gets, for the journal: values may be
	// passwords.
	Environment(o Options) []string
	// Start starts one process. The caller must read its events to the end and then call Wait. The process is killed
	// when ctx is done. It returns an error if the process cannot be started.
	Start(ctx context.Context, t Target, p build.Payload, o Options) (Process, error)
}

// Options are the request, environment and limit of one process.
type Options struct {
	Request record.Request
	Env     []string // NAME=value, in addition to what every child gets; may hold passwords, and is never journaled
	Reads   []string // names of variables of this process's own environment that the payload gets too
	Memory  uint64   // bytes; a process that uses more is killed; 0 for no limit
}

// Process is a payload that was started.
type Process interface {
	// Events returns the payload's event channel. It ends when no process can write to it any more.
	Events() io.Reader
	// Kill ends the process. Exit.Killed is the reason of the first call.
	Kill(reason record.Sentence)
	// Wait waits until the process has ended, and returns how.
	Wait() Exit
}

// Exit says how a process ended.
type Exit struct {
	Code   int              // exit status; -1 when a signal ended it
	Signal string           // name of the signal that ended it, such as "SIGILL"; also if the Go runtime caught the signal and exited
	Killed *record.Sentence // why the launcher killed it; nil if it did not
	Output []byte           // the beginning and the end of what it printed
	Ran    time.Duration    // from start to end, by the clock of the machine or guest where it ran
}

// For returns the launcher of the target, or a *record.Problem if there is none of that name.
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
		"目标 %s：没有运行方式 %q：可用 native、emulated 或 vm", t.ID, t.Name)
}
