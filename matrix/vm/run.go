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

// Run is one process in a guest.
type Run struct {
	Events io.Reader // its event channel

	guest  *Guest
	id     int
	stream *channel.Stream
	ask    guest.Run
	port   *until        // its events; nil where the machine's line is all there is
	line   *channel.Conn // its connections, if it may have any
	over   chan struct{} // closed when exit is known

	mu     sync.Mutex
	exit   guest.Exit
	killed *record.Sentence
}

// Run starts a process in the guest.
func (g *Guest) Run(ask guest.Run) (*Run, error) {
	ask.Time = time.Now().UnixNano()
	g.mu.Lock()
	g.last++
	r := &Run{guest: g, id: g.last, ask: ask, over: make(chan struct{})}
	g.runs[r.id] = r
	g.mu.Unlock()
	var err error
	if ask.Ports, err = g.takePorts(r); err != nil {
		return nil, err
	}
	if r.stream, err = (guest.Header{Kind: guest.KindRun, Run: r.id}).Open(g.conn); err != nil {
		return nil, err
	}
	if r.Events == nil {
		r.Events = r.stream
	}
	if err := json.NewEncoder(r.stream).Encode(ask); err != nil {
		return nil, err
	}
	return r, r.stream.CloseWrite()
}

// end takes the guest's report of the process's end.
func (r *Run) end(report io.Reader) {
	exit, err := readExit(report)
	if err != nil {
		return // the machine has ended meanwhile, or talks nonsense: it will be missed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.over:
	default:
		r.exit = exit
		close(r.over)
		deadline.AfterFunc(portTime, r.closeLine) // its last words are there, unless something else has taken the port
	}
}

// portTime is how long after the report of a process's end the end of its events may come.
const portTime = 5 * time.Second

// killTime is how long a guest may take to end a process: one that hangs cannot.
const killTime = 10 * time.Second

// Kill ends the process, and with it the machine if that does not answer.
func (r *Run) Kill(why record.Sentence) {
	r.mu.Lock()
	if r.killed == nil {
		r.killed = &why
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
			r.guest.end(why)
		}
	}()
}

// reportTime is how long after the end of its events the report of a process's end may take.
const reportTime = 30 * time.Second

// Wait, called after the last of the events, waits for the end of the process, or of the machine under it: then ok is false, and Guest.Why and
// Guest.Console say more. A machine in which the process has left a disk ends with it.
func (r *Run) Wait() (exit guest.Exit, ok bool) {
	select {
	case <-r.over:
	case <-r.guest.done:
	case <-r.guest.conn.Done():
		r.settle()
	case <-deadline.After(reportTime):
		r.guest.end(record.Say("the guest did not report how the process ended", "虚拟机没有报告进程如何结束"))
	}
	r.stream.Close()
	r.closeLine()
	if r.guest.changed() {
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

// settle gives QEMU a moment to end by itself when its line has ended, so that it can be said why.
func (r *Run) settle() {
	select {
	case <-r.guest.done:
	case <-deadline.After(2 * time.Second):
		r.guest.end(record.Say("the line to the virtual machine broke", "与虚拟机的通信中断"))
	}
}
