package standin

import (
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dameng/standin/wire"
)

// Action is what a fault does to the reply to a message. The message itself has been carried out, but for Refuse.
type Action int

const (
	None    Action = iota
	Lose           // the connection ends instead of a reply
	Cut            // it ends after some bytes of the reply
	Corrupt        // the reply's checksum is wrong
	Delay          // the reply is late
	Refuse         // nothing is carried out, the reply is an error
)

// Fault is one fault. The zero Fault does nothing.
type Fault struct {
	Action Action
	After  int           // bytes that Cut lets pass
	For    time.Duration // of Delay
	Code   int32         // of Refuse
}

// faults are those that wait for their message.
type faults struct {
	mu      sync.Mutex
	waiting map[wire.Command][]Fault
	struck  int
}

// Inject makes the next messages of a command suffer faults, one each, in the order given.
func (s *Server) Inject(on wire.Command, f ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if s.faults.waiting == nil {
		s.faults.waiting = map[wire.Command][]Fault{}
	}
	s.faults.waiting[on] = append(s.faults.waiting[on], f...)
}

// Struck returns how many faults have struck.
func (s *Server) Struck() int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.struck
}

func (f *faults) next(c wire.Command) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting[c]) == 0 {
		return Fault{}
	}
	first := f.waiting[c][0]
	f.waiting[c] = f.waiting[c][1:]
	if first.Action != None {
		f.struck++
	}
	return first
}
