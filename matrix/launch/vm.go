package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
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
	"github.com/xcmatrix/xcmatrix/results/record"
)

// virtual starts payloads in a virtual machine: the target's instructions on a real kernel. One machine serves one
// process after the other, and the next one boots when it has ended: what a process did to its kernel is its own affair.
type virtual struct {
	once    sync.Once
	machine *vm.Machine
	err     error

	turn    sync.Mutex // held while a process runs
	guest   *vm.Guest
	payload string // the digest of what the guest was booted with
	idle    *time.Timer
	served  bool  // a process has run
	late    error // the machine was not up in time, and never was
}

// idleTime is how long a machine waits for the next process before it ends. The target's next cell may have to wait for
// a worker that serves other targets, and to boot again costs more than to idle.
const idleTime = 2 * time.Minute

func (l *virtual) Ready(ctx context.Context, t Target) error {
	l.once.Do(func() {
		cache, err := build.CacheDir()
		if err != nil {
			l.err = err
			return
		}
		l.machine, l.err = vm.Find(ctx, cache, t.Key.GOARCH, t.CPU, served(t))
	})
	return l.err
}

// served is the guest that a target asks for, by firmware where servers are to be reached and a serial port is all that
// it has otherwise: large values take minutes over that.
func served(t Target) record.Guest {
	g := t.Guest
	if t.Served && vm.NeedsFirmware(t.Key.GOARCH) {
		g.Firmware = vm.UEFI
	}
	return g
}

func (l *virtual) Describe(t Target, p build.Payload) record.Launch {
	return record.Launch{Provenance: record.VM, BuildKey: t.Key.String(), Payload: p.Digest, Launcher: l.machine.Launcher()}
}

func (l *virtual) Environment(s Shot) []string { return environ.Names(guestEnv(os.Environ(), s)) }

func (l *virtual) Start(ctx context.Context, t Target, p build.Payload, s Shot) (Process, error) {
	s.Request.ReportDir = "" // the guest has no way to hand files over
	request, err := json.Marshal(s.Request)
	if err != nil {
		return nil, err
	}
	env := guestEnv(os.Environ(), s)
	args := payloadArgs
	if l.machine.OldWorld() {
		args = append([]string{oldworld.Command, guest.Program}, args...)
	}
	ask := guest.Run{Args: args, Env: env, Stdin: request, Memory: s.Memory, Relay: loopback(env), Slots: l.machine.Slots}
	l.turn.Lock()
	run, err := l.run(ctx, p, ask)
	if errors.Is(err, vm.ErrEnded) || errors.Is(err, channel.ErrBroken) { // somebody may have killed the emulator: another one is tried, once
		run, err = l.run(ctx, p, ask)
	}
	if err != nil {
		l.turn.Unlock()
		return nil, fmt.Errorf("%s: %w", t.ID, err)
	}
	v := &virtualProcess{launcher: l, guest: l.guest, run: run, done: make(chan struct{})}
	go v.watch(ctx)
	return v, nil
}

// run starts a process in a guest that is up.
func (l *virtual) run(ctx context.Context, p build.Payload, ask guest.Run) (*vm.Run, error) {
	if l.late != nil {
		return nil, l.late
	}
	g, err := l.ready(ctx, p)
	if errors.Is(err, vm.ErrLate) && ctx.Err() == nil && !l.served {
		l.late = err // each cell of the target would wait as long
	}
	if err != nil {
		return nil, err
	}
	run, err := g.Run(ask)
	if err != nil {
		g.Close()
		return nil, err
	}
	l.served = true
	return run, nil
}

// ready gives a guest that is up.
func (l *virtual) ready(ctx context.Context, p build.Payload) (*vm.Guest, error) {
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
	keepInherited()
	g, err := l.machine.Boot(ctx, p.Path)
	if err != nil {
		return nil, err
	}
	l.guest, l.payload = g, p.Digest
	return g, nil
}

// release lets the next process in, and ends the machine when none comes.
func (l *virtual) release() {
	g := l.guest
	l.idle = time.AfterFunc(idleTime, func() {
		if l.turn.TryLock() {
			defer l.turn.Unlock()
			g.Close()
		}
	})
	l.turn.Unlock()
}

// Close ends the machine.
func (l *virtual) Close() error {
	l.turn.Lock()
	defer l.turn.Unlock()
	if l.guest != nil {
		l.guest.Close()
	}
	return nil
}

// guestEnv is what a payload in a guest is told: of this process's own environment what its suite reads, and what the
// shot says without what holds for this machine alone.
func guestEnv(own []string, s Shot) []string {
	return append(environ.Of(own, s.Reads...), slices.DeleteFunc(slices.Clone(s.Env), func(e string) bool { return strings.HasPrefix(e, "TMPDIR=") })...)
}

var loopbackPattern = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`)

// loopback are this machine's own addresses that the environment names: where its services listen.
func loopback(env []string) []string {
	var found []string
	for _, e := range env {
		found = append(found, loopbackPattern.FindAllString(e, -1)...)
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

func (p *virtualProcess) Events() io.Reader        { return p.run.Events }
func (p *virtualProcess) Kill(why record.Sentence) { p.run.Kill(why) }

// watch ends the process when the run is stopped.
func (p *virtualProcess) watch(ctx context.Context) {
	select {
	case <-p.done:
	case <-ctx.Done():
		p.run.Kill(record.Say("the run was stopped", "运行被中止"))
	}
}

// Wait gives the end of the process; that of the machine counts as the process's, with the console as what it said.
func (p *virtualProcess) Wait() Exit {
	ended, ok := p.run.Wait()
	close(p.done)
	defer p.launcher.release()
	exit := Exit{Code: ended.Code, Signal: ended.Name, Killed: ended.Killed, Output: ended.Output, Ran: ended.Ran}
	switch {
	case !ok:
		if exit.Killed == nil {
			why := p.guest.Why()
			exit.Killed = &why
		}
		exit.Output = p.guest.Console()
	case ended.NoMemory:
		p.guest.Close() // what took the memory may still have it: the next process gets another machine
	case exit.Signal == "" && exit.Code != 0:
		exit.Signal = saidSignal(exit.Output)
	}
	return exit
}
