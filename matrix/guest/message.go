package guest

import (
	"encoding/json"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Program is the path of this program in a guest.
const Program = "/init"

// Header opens a stream, and says what it is for.
type Header struct {
	Kind    string `json:"kind"`
	Run     int    `json:"run,omitempty"`     // which run it is about
	Address string `json:"address,omitempty"` // for dial
}

// Open opens a stream with the header.
func (h Header) Open(c *channel.Conn) (*channel.Stream, error) {
	header, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return c.Open(header)
}

// Kinds of streams.
const (
	KindHello = "hello" // guest: the guest is up; its data are a Hello
	KindRun   = "run"   // host: its data are a Run; what comes back is the payload's event channel, if it has no port
	KindKill  = "kill"  // host: ends a run
	KindExit  = "exit"  // guest: a run has ended; its data are an Exit
	KindDisks = "disks" // host: which disks there are; what comes back are they
	KindDial  = "dial"  // payload: a connection to one of the run's addresses on the host
	KindPlug  = "plug"  // payload: a record.Plug; what comes back is a record.Plugged
)

// Hello is what the guest says when it is up.
type Hello struct {
	Kernel   string   `json:"kernel"` // uname -r
	Machine  string   `json:"machine"`
	PageSize int      `json:"page_size"`
	Problems []string `json:"problems,omitempty"` // what could not be set up
}

// Run asks for one process.
type Run struct {
	Args   []string `json:"args"`
	Env    []string `json:"env"`
	Stdin  []byte   `json:"stdin"`
	Memory uint64   `json:"memory"` // bytes after which the process is ended; 0 for what the guest has
	Ports  *Ports   `json:"ports"`  // of the process; nil where the machine's line is all there is
	Relay  []string `json:"relay"`  // addresses on the guest's loopback that lead to the same on the host's
	Slots  int      `json:"slots"`  // for disks that the process may ask for
	Time   int64    `json:"time"`   // of the host, nanoseconds since 1970
}

// Ports are numbers of virtio ports that a process is given, from 1; the machine's line is number 0.
type Ports struct {
	Events int    `json:"events"` // its event channel, as it writes it
	Last   string `json:"last"`   // what the first process writes behind the events when the process has ended
	Line   int    `json:"line"`   // its connections to the host; 0 where it may have none
}

// Exit is how the process ended.
type Exit struct {
	Code     int              `json:"code"`   // exit status, -1 for a signal
	Signal   int              `json:"signal"` // its number in the guest
	Name     string           `json:"name"`   // and its name
	Killed   *record.Sentence `json:"killed,omitempty"`
	NoMemory bool             `json:"no_memory,omitempty"` // the guest's kernel ended it, for want of memory
	Output   []byte           `json:"output"`
	Ran      time.Duration    `json:"ran_ns"` // from its start to its end, by the guest's clock
}
