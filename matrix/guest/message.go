package guest

import (
	"encoding/json"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Program is the path of this program in a guest.
const Program = "/init"

// Header is the header of a stream: it says what the stream is for.
type Header struct {
	Kind    string `json:"kind"`
	Run     int    `json:"run,omitempty"`     // id of the run
	Address string `json:"address,omitempty"` // host address for KindDial
}

// Open opens a stream with this header.
func (h Header) Open(c *channel.Conn) (*channel.Stream, error) {
	header, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return c.Open(header)
}

// Kinds of streams, and the end that opens them.
const (
	KindHello = "hello" // guest: it is up; the stream carries a Hello
	KindRun   = "run"   // host: starts a process; the stream carries a Run, and back the process's events if it has no port
	KindKill  = "kill"  // host: kills a run
	KindExit  = "exit"  // guest: a run has ended; the stream carries an Exit
	KindDisks = "disks" // host: asks for the disks; the stream carries back []Disk
	KindDial  = "dial"  // payload: connects to an address of the run on the host
	KindPlug  = "plug"  // payload: the stream carries a record.Plug, and back a record.Plugged
)

// Hello is the report of a guest that is up.
type Hello struct {
	Kernel   string   `json:"kernel"` // uname -r
	Machine  string   `json:"machine"`
	PageSize int      `json:"page_size"`
	Problems []string `json:"problems,omitempty"` // of the setup
}

// Run is the request to start a process.
type Run struct {
	Args   []string `json:"args"`
	Env    []string `json:"env"`
	Stdin  []byte   `json:"stdin"`
	Memory uint64   `json:"memory"` // bytes; a process that uses more is killed; 0 for the limit of the guest
	Ports  *Ports   `json:"ports"`  // of the process; nil if the guest has no ports
	Relay  []string `json:"relay"`  // loopback addresses of the guest that are connected to the same addresses of the host
	Slots  int      `json:"slots"`  // number of disks that the process may plug in
	Time   int64    `json:"time"`   // the host's, in nanoseconds since 1970
}

// Ports are the numbers of the virtio ports of a process, from 1. Port 0 is the agent's.
type Ports struct {
	Events int    `json:"events"` // for its events
	Last   string `json:"last"`   // the marker that the agent writes after the events when the process has ended
	Line   int    `json:"line"`   // for its connections to the host; 0 if it may have none
}

// Exit is the report on how a process ended.
type Exit struct {
	Code     int              `json:"code"`   // exit status, -1 for a signal
	Signal   int              `json:"signal"` // number in the guest; 0 if no signal ended it
	Name     string           `json:"name"`   // of the signal
	Killed   *record.Sentence `json:"killed,omitempty"`
	NoMemory bool             `json:"no_memory,omitempty"` // the guest's kernel killed it because it was out of memory
	Output   []byte           `json:"output"`
	Ran      time.Duration    `json:"ran_ns"` // from its start to its end, by the guest's clock
}
