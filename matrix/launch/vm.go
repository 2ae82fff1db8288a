package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/matrix/vm"
	"github.com/xcmatrix/xcmatrix/matrix/vm/oldworld"
	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// virtual starts payloads in a virtual machine: the target's instructions on a real kernel. A machine runs one process at a
// time. It boots once and serves all processes with the same payload.
type virtual struct {
	once    sync.Once
	machine *vm.Machine
	err     error

	running sync.Mutex // held while a process runs
	guest   *vm.Guest
	payload string      // digest of the payload in the guest
	idle    *time.Timer // shuts the guest down
	used    bool        // a process has run in a guest
	bootErr error       // the guest did not boot in time, and no process has run yet: it is not booted again
}

// idleTime is how long a guest waits for the next process before it is shut down. The target's next cell may have to wait for
// a worker that runs other targets, and booting again costs more than waiting.
const idleTime = 2 * time.Minute

func (l *virtual) Ready(ctx context.Context, t Target) error {
	l.once.Do(func() {
		cache, err := build.CacheDir()
		if err != nil {
			l.err = err
			return
		}
		l.machine, l.err = vm.Find(ctx, cache, t.Key.GOARCH, t.CPU, guestFor(t))
	})
	return l.err
}

// guestFor returns the guest that a target needs. Where payloads connect to servers on the host, and the architecture's
// direct boot gives the guest only a serial port, it boots by firmware: large database values would take minutes over a
// serial port.
func guestFor(t Target) record.Guest {
	g := t.Guest
	if t.Served && vm.NeedsFirmware(t.Key.GOARCH) {
		g.Firmware = vm.UEFI
	}
	return g
}

func (l *virtual) Describe(t Target, p build.Payload) record.Launch {
	return record.Launch{Provenance: record.VM, BuildKey: t.Key.String(), Payload: p.Digest, Launcher: l.machine.Launcher()}
}

func (l *virtual) Environment(o Options) []string { return environ.Names(guestEnv(os.Environ(), o)) }

func (l *virtual) Start(ctx context.Context, t Target, p build.Payload, o Options) (Process, error) {
	o.Request.ReportDir = "" // a guest cannot hand over files
	request, err := json.Marshal(o.Request)
	if err != nil {
		return nil, err
	}
	env := guestEnv(os.Environ(), o)
	args := payloadArgs
	if l.machine.OldWorld() {
		args = append([]string{oldworld.Command, guest.Program}, args...)
	}
	command := guest.Run{Args: args, Env: env, Stdin: request, Memory: o.Memory, Relay: loopbackAddresses(env), Slots: l.machine.Slots}
	l.running.Lock()
	run, err := l.startInGuest(ctx, p, command)
	if errors.Is(err, vm.ErrEnded) || errors.Is(err, channel.ErrBroken) { // the emulator may have been killed from outside: try once more
		run, err = l.startInGuest(ctx, p, command)
	}
	if err != nil {
		l.running.Unlock()
		return nil, fmt.Errorf("%s: %w", t.ID, err)
	}
	v := &virtualProcess{launcher: l, guest: l.guest, run: run, done: make(chan struct{})}
	go v.watch(ctx)
	return v, nil
}

// startInGuest boots a guest if necessary, and starts a process in it. The caller holds l.running.
func (l *virtual) startInGuest(ctx context.Context, p build.Payload, command guest.Run) (*vm.Run, error) {
	if l.bootErr != nil {
		return nil, l.bootErr
	}
	g, err := l.bootedGuest(ctx, p)
	if errors.Is(err, vm.ErrLate) && ctx.Err() == nil && !l.used {
		l.bootErr = err // without it each cell of the target would wait as long
	}
	if err != nil {
		return nil, err
	}
	run, err := g.Run(command)
	if err != nil {
		g.Close()
		return nil, err
	}
	l.used = true
	return run, nil
}

// bootedGuest returns a running guest that has the payload; it boots one if there is none.
func (l *virtual) bootedGuest(ctx context.Context, p build.Payload) (*vm.Guest, error) {
	if l.idle != nil {
		l.idle.Stop()
	}
	if l.guest != nil && l.guest.Alive() && l.payload == p.Digest {
		return l.guest, nil
	}
	if l.guest != nil {
		l.guest.Close()
		l.guest = nil
	}
	hideInherited()
	g, err := l.machine.Boot(ctx, p.Path)
	if err != nil {
		return nil, err
	}
	l.guest, l.payload = g, p.Digest
	return g, nil
}

// release lets the next process start, and shuts the guest down after idleTime without one.
func (l *virtual) release() {
	g := l.guest
	l.idle = time.AfterFunc(idleTime, func() {
		if l.running.TryLock() {
			defer l.running.Unlock()
			g.Close()
		}
	})
	l.running.Unlock()
}

// Close shuts the guest down. It waits for a running process.
func (l *virtual) Close() error {
	l.running.Lock()
	defer l.running.Unlock()
	if l.guest != nil {
		l.guest.Close()
	}
	return nil
}

// guestEnv returns the environment of a payload in a guest: the variables in own that the suite reads, and those of the
// options but TMPDIR, which is a directory of the host.
func guestEnv(own []string, o Options) []string {
	return append(environ.Of(own, o.Reads...), slices.DeleteFunc(slices.Clone(o.Env), func(e string) bool { return strings.HasPrefix(e, "TMPDIR=") })...)
}

var loopbackPattern = pattern.Of(`127\.0\.0\.1:[0-9]+`)

// loopbackAddresses returns the loopback addresses in an environment: those of the host's servers.
func loopbackAddresses(env []string) []string {
	var found []string
	for _, e := range env {
		found = append(found, loopbackPattern().FindAllString(e, -1)...)
	}
	return found
}

// virtualProcess is a process in a virtual machine.
type virtualProcess struct {
	launcher *virtual
	guest    *vm.Guest
	run      *vm.Run
	done     chan struct{}
}

// Events returns the events of the payload, as the guest's agent sends them.
func (p *virtualProcess) Events() io.Reader           { return p.run.Events }
func (p *virtualProcess) Kill(reason record.Sentence) { p.run.Kill(reason) }

// watch kills the process when ctx is done.
func (p *virtualProcess) watch(ctx context.Context) {
	select {
	case <-p.done:
	case <-ctx.Done():
		p.run.Kill(record.Say("the run was stopped", "运行被中止"))
	}
}

// Wait waits for the end of the process. If the machine itself ends, that is the end of the process, and its console is the
// process's output.
func (p *virtualProcess) Wait() Exit {
	ended, ok := p.run.Wait()
	close(p.done)
	defer p.launcher.release()
	exit := Exit{Code: ended.Code, Signal: ended.Name, Killed: ended.Killed, Output: ended.Output, Ran: ended.Ran}
	switch {
	case !ok:
		if exit.Killed == nil {
			reason := p.guest.EndReason()
			exit.Killed = &reason
		}
		exit.Output = p.guest.Console()
	case ended.NoMemory:
		p.guest.Close() // other processes may still hold the memory: the next process gets a new guest
	case exit.Signal == "" && exit.Code != 0:
		exit.Signal = printedSignal(exit.Output)
	}
	return exit
}
