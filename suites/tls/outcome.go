package tls

import (
	"errors"
	"fmt"
	"os"

	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// Outcome is how a conversation went for the subject.
type Outcome struct {
	Completed bool                  // it called the handshake complete, and carried a line there and back
	Panicked  string                // with what
	Hung      bool                  // it did not end although its peer had gone
	Alert     wire.AlertDescription // that it sent; 0 where it sent none
	Leaked    string                // how it gave a secret away
	Said      string                // its error, or the own peer's where it had none
	cause     error                 // its error
}

func (o Outcome) String() string {
	switch {
	case o.Panicked != "":
		return "it panics: " + o.Panicked
	case o.Hung:
		return "it does not end after its peer has gone"
	case o.Leaked != "":
		return o.Leaked
	case o.Completed:
		return "it completes the handshake"
	case o.Alert != 0:
		return fmt.Sprintf("it refuses with alert %d: %s", o.Alert, o.Said)
	}
	return "it refuses: " + o.Said
}

// outcome returns how a conversation went, from the subject's error and from that of the suite's own peer.
func outcome(its, own error) Outcome {
	o := Outcome{Completed: its == nil, cause: its}
	var panicked *subject.Panic
	var alert *wire.PeerAlert
	switch {
	case errors.As(its, &panicked):
		o.Panicked = fmt.Sprintf("%q", fmt.Sprint(panicked.Value))
	case errors.Is(its, os.ErrDeadlineExceeded):
		o.Hung = true
	}
	if errors.As(own, &alert) {
		o.Alert = alert.Description
	}
	if its != nil {
		o.Said = its.Error()
	} else if own != nil {
		o.Said = "the own peer: " + own.Error()
	}
	return o
}
