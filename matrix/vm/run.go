package vm

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/deadline"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Run is a process in a guest.
type Run struct {
	Events io.Reader // the event channel of the process

	guest   *Guest
	id      int
	stream  *channel.Stream
	request guest.Run
	port    *markerReader // its events; nil if the guest has no ports
	line    *channel.Conn // its connections to the host; nil if it may have none
	over    chan struct{} // closed when exit is known

	mu     sync.Mutex
	exit   guest.Exit
	killed *record.Sentence
}

// Run starts a process in the guest. It returns an error if the guest has no free port or has ended.
func (g *Guest) Run(request guest.Run) (*Run, error) {
	request.Time = time.Now().UnixNano()
	g.mu.Lock()
	g.last++
	r := &Run{guest: g, id: g.last, request: request, over: make(chan struct{})}
	g.runs[r.id] = r
	g.mu.Unlock()
	var err error
	if request.Ports, err = g.assignPorts(r); err != nil {
		return nil, err
	}
	if r.stream, err = (guest.Header{Kind: guest.KindRun, Run: r.id}).Open(g.conn); err != nil {
		return nil, err
	}
	if r.Events == nil {
		r.Events = r.stream
	}
	if err := json.NewEncoder(r.stream).Encode(request); err != nil {
		return nil, err
	}
	return r, r.stream.CloseWrite()
}

// ended stores the guest's report on how the process ended.
func (r *Run) ended(report io.Reader) {
	exit, err := readExit(report)
	if err != nil {
		return // the guest has ended, or the report is invalid: Wait reports that it is missing
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.over:
	default:
		r.exit = exit
		close(r.over)
		deadline.AfterFunc(portTime, r.closePort) // normally the end marker has arrived by then
	}
}

// portTime is how long after the report on a process's end the end marker of its events may arrive.
const portTime = 5 * time.Second

// killTime is how long a guest may take to kill a process. A guest that hangs never does.
const killTime = 10 * time.Second

// Kill kills the process. If the guest does not report its end within killTime, Kill ends the guest too.
func (r *Run) Kill(reason record.Sentence) {
	r.mu.Lock()
	if r.killed == nil {
		r.killed = &reason
	}
	r.mu.Unlock()
	go func() {
		if s, err := (guest.Header{Kind: guest.KindKill, Run: r.id}).Open(r.guest.conn); err == nil {
			s.Close()
		}
		select {
		case <-r.over:
		case <-r.guest.done:
		case <-deadline.After(killTime):
			r.guest.kill(reason)
		}
	}()
}

// reportTime is how long after the end of its events the report on a process's end may arrive.
const reportTime = 30 * time.Second

// Wait waits until the process has ended; the caller must have read all events. If the guest ended instead, ok is false, and
// Guest.EndReason and Guest.Console tell more. Wait closes a guest in which the process has left a disk.
func (r *Run) Wait() (exit guest.Exit, ok bool) {
	select {
	case <-r.over:
	case <-r.guest.done:
	case <-r.guest.conn.Done():
		r.waitForQEMU()
	case <-deadline.After(reportTime):
		r.guest.kill(record.Say("the guest did not report how the process ended", "虚拟机没有报告进程如何结束"))
	}
	r.stream.Close()
	r.closePort()
	if r.guest.hasPluggedDisks() {
		r.guest.Close()
	}
	r.guest.mu.Lock()
	delete(r.guest.runs, r.id)
	r.guest.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.over:
		if r.killed != nil {
			r.exit.Killed = r.killed
		}
		return r.exit, true
	default:
		r.guest.Close()
		return guest.Exit{Code: -1, Killed: r.killed}, false
	}
}

// waitForQEMU waits a short time for QEMU to end by itself after its connection has ended, so that EndReason knows the exit
// status; then it kills the guest.
func (r *Run) waitForQEMU() {
	select {
	case <-r.guest.done:
	case <-deadline.After(2 * time.Second):
		r.guest.kill(record.Say("the line to the virtual machine broke", "与虚拟机的通信中断"))
	}
}
