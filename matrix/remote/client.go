package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/ssh"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Names of the launchers for other machines.
const (
	Launcher = "ssh"   // a machine that is reached by SSH
	Fleet    = "fleet" // a machine whose agent takes jobs from a hub
)

// Elsewhere reports whether a launcher is for other machines.
func Elsewhere(launcher string) bool { return launcher == Launcher || launcher == Fleet }

// Machine runs cells of a target by itself, and its journal is fetched.
type Machine interface {
	// Unusable returns why the machine cannot be reached or cannot run payloads; nil if it can.
	Unusable() error
	// Key returns the build key of payloads for the machine, given the declared one.
	Key(k build.Key) build.Key
	// Launcher returns the description of the launcher for the journal.
	Launcher() record.Launcher
	// Carry runs cells on the machine and returns when all events have been received.
	Carry(ctx context.Context, r Request, sink Sink) error
	// Forwarding returns the machine with connections that lead to addresses of this one; nil if there are no such connections.
	Forwarding(addresses []string) Machine
	// Close ends the connection.
	Close()
}

// Client runs cells on one machine and fetches their events.
type Client struct {
	Host        ssh.Host
	Failed      error         // what Unusable returns
	Wait        time.Duration // how long to wait for a machine after the connection is lost
	Coordinator string        // digest of the program that this process runs

	first   *ssh.Machine // of the first connection
	machine *ssh.Machine // connected and not used yet; nil if there is none
}

// NewClient returns a client of a machine that was reached.
func NewClient(m *ssh.Machine, wait time.Duration) *Client {
	return &Client{Host: m.Host, Wait: wait, first: m, machine: m}
}

// Unusable returns why the machine cannot be reached or cannot run payloads; nil if it can.
func (c *Client) Unusable() error { return c.Failed }

// Key returns the build key of payloads for the machine.
func (c *Client) Key(k build.Key) build.Key { return c.first.Key(k) }

// About returns a line about the machine: name, architecture, kernel, page size and directory.
func (c *Client) About() string {
	m := c.first
	return fmt.Sprintf("%s, %s, Linux %s, %d KiB, %s", m.Name, m.Machine, m.Kernel, m.Page>>10, m.Base)
}

// Forwarding returns a client of the same machine whose connections lead to addresses of this one.
func (c *Client) Forwarding(addresses []string) Machine {
	other := &Client{Host: c.Host, Wait: c.Wait, Coordinator: c.Coordinator, first: c.first}
	other.Host.Forward = addresses
	return other
}

// Close ends the connection.
func (c *Client) Close() {
	if c.machine != nil {
		c.machine.Close()
		c.machine = nil
	}
}

// Launcher returns the description of the launcher for the journal.
func (c *Client) Launcher() record.Launcher {
	return record.Launcher{Name: Launcher, Version: c.first.Client, HostKey: c.first.HostKey, Coordinator: c.Coordinator,
		Command: []string{"ssh", "HOST", "xcmatrix", "exec", "--request", "-", "--events-fd", "3"}}
}

// Sink receives the events of a machine.
type Sink interface {
	// Entry receives an entry of the machine's journal. Each is passed once, in order.
	Entry(at store.Position, e Entry) error
	// Attachment receives an attachment of an attempt.
	Attachment(cell store.Cell, name string, content []byte) error
	// Waiting is called with the holder of the machine lock for which the run waits.
	Waiting(h lock.Holder)
	// Notice is called with a sentence about a change of the connection.
	Notice(what record.Sentence)
}

// ErrDetached says that the work is queued elsewhere, and goes on without this process.
var ErrDetached = errors.New("detached")

// Locator is a Sink that wants to know which machine ran what follows.
type Locator interface{ RanOn(l record.Launcher) }

// Request is a request to run cells.
type Request struct {
	Payload build.Payload
	Run     string         // id of the run
	Target  string         // id
	Part    string         // of the target's cells, where several requests divide them; "" for all
	At      store.Position // up to which the machine's journal was fetched already; zero for nothing

	// Job returns the job with the cells that are left. forwarded maps addresses of this machine to the addresses on the
	// other machine that lead to them.
	Job func(forwarded map[string]string) Job

	// Bound says that the run on the machine ends with the connection, and the rest begins again with the next one,
	// because its specs reach servers through the connection. No verdict on a broken connection is kept.
	Bound bool

	came int // number of entries received
}

// Pauses between two attempts to connect grow from the first to the last.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = time.Minute
)

// Carry runs cells on the machine and returns when all events have been received. It connects again if a connection
// breaks. The error is an *ssh.LostError if the machine was not reachable for c.Wait, and an *EndError if the run on the
// machine did not end normally.
func (c *Client) Carry(ctx context.Context, r Request, sink Sink) error {
	if r.At.Session == 0 {
		r.At.Session = 1
	}
	pause, since := firstPause, time.Now()
	for {
		before := r.came
		err := c.session(ctx, &r, sink)
		switch {
		case err == nil || ctx.Err() != nil:
			return err
		case errors.As(err, new(*EndError)), errors.As(err, new(*sinkError)), errors.As(err, new(*WithoutError)), errors.As(err, new(*record.Missing)):
			return err
		case r.came != before:
			pause, since = firstPause, time.Now()
		}
		if gone := time.Since(since); gone+pause > c.Wait {
			return c.vanished(err)
		}
		sink.Notice(record.Sayf("%s; trying again in %s, the work there goes on", "%s；%s 后重试，该机器上的工作仍在继续", Sentence(err), pause))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}
