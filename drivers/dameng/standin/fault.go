package standin

import (
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// Action is what a fault does to the reply to a message. The message itself is executed, except with Refuse.
type Action int

const (
	None    Action = iota
	Lose           // the connection is closed instead of a reply
	Cut            // the connection is closed after some bytes of the reply
	Corrupt        // the reply's checksum is wrong
	Delay          // the reply is late
	Refuse         // the message is not executed; the reply is an error
)

// Fault is a fault in a reply. The zero Fault does nothing.
type Fault struct {
	Action Action
	After  int           // bytes of the reply that Cut sends
	For    time.Duration // the time of Delay
	Code   int32         // the error of Refuse
}

// faults are the injected faults that were not applied yet.
type faults struct {
	mu      sync.Mutex
	waiting map[wire.Command][]Fault
	applied int
}

// Inject applies faults to the next messages of a command, one to each, in this order.
func (s *Server) Inject(on wire.Command, f ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if s.faults.waiting == nil {
		s.faults.waiting = map[wire.Command][]Fault{}
	}
	s.faults.waiting[on] = append(s.faults.waiting[on], f...)
}

// FaultsApplied returns the number of faults that were applied.
func (s *Server) FaultsApplied() int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.applied
}

// next removes and returns the first fault for a command; the zero Fault if there is none.
func (f *faults) next(c wire.Command) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting[c]) == 0 {
		return Fault{}
	}
	first := f.waiting[c][0]
	f.waiting[c] = f.waiting[c][1:]
	if first.Action != None {
		f.applied++
	}
	return first
}
