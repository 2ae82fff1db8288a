// Package fleet has the work of a fleet: a coordinator submits jobs to a hub, agents on many machines take them, and each job gets
// one result. The engine that carries them is behind the interfaces Queue and Post; package broker has the one that is used.
package fleet

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Version is the version of what hub, agents and coordinators send each other. Neighbouring versions understand each other.
const Version = 1

// Times of the lease of a job.
const (
	LeaseTime = 20 * time.Second // after which a job that was not renewed goes to another agent; an agent renews it four times as often
	MaxLeases = 3                // agents that may lose a job before it is given up
	BeatTime  = 5 * time.Second  // between two reports of an agent
	GoneTime  = 30 * time.Second // without a report, after which a machine counts as absent
)

// MaxResult is the largest result in bytes.
const MaxResult = 32 << 20

// Job is the work for one machine: the cells of one item of a target.
type Job struct {
	V       int         `json:"v"`
	Run     string      `json:"run"`
	ID      string      `json:"id"` // within the run; see JobID
	Needs   Needs       `json:"needs"`
	Payload string      `json:"payload"` // digest
	Open    remote.Open `json:"open"`
}

// Session returns the name of the job's session on a machine: an agent that is started again goes on with it.
func (j Job) Session() string { return j.Run + "." + j.ID }

// Result is what became of a job.
type Result struct {
	V         int              `json:"v"`
	Run       string           `json:"run"`
	Job       string           `json:"job"`
	Machine   string           `json:"machine"`
	Lease     int              `json:"lease"`            // how many agents had the job, this one included
	Lost      *record.Sentence `json:"lost,omitempty"`   // why there are no frames
	Digest    string           `json:"digest,omitempty"` // SM3 of the frames
	Signature []byte           `json:"signature"`        // of Signed, by the machine's key
	Frames    []byte           `json:"-"`                // of the session, as package remote writes them
}

// Machine is a machine of a fleet.
type Machine struct {
	ID       string         `json:"id"`
	Labels   []string       `json:"labels,omitempty"`
	Key      string         `json:"key,omitempty"` // public key as PEM; "" before the first report
	Facts    record.Machine `json:"facts"`         // of the last report
	Job      string         `json:"job,omitempty"` // that it runs, as run/job; "" for none
	Seen     time.Time      `json:"seen,omitzero"` // last report, by the hub's clock; zero before the first
	Revoked  bool           `json:"revoked,omitempty"`
	Reserved string         `json:"reserved,omitempty"` // why it takes no jobs; "" if it does
}

// Absent reports whether the machine has been silent for so long, at a time, that nothing is expected of it.
func (m Machine) Absent(at time.Time) bool { return m.Revoked || at.Sub(m.Seen) > GoneTime }

// Beat is the regular report of an agent.
type Beat struct {
	V     int            `json:"v"`
	Key   string         `json:"key"` // public key of the machine, as PEM
	Facts record.Machine `json:"facts"`
	Job   string         `json:"job,omitempty"`
}

// Orders are a hub's answer to a report.
type Orders struct {
	V     int           `json:"v"`
	Pools []string      `json:"pools,omitempty"` // of jobs that the machine fits
	Lease time.Duration `json:"lease"`           // after which a job that was not renewed goes to another agent
}

// Queue is what a coordinator needs of a hub.
type Queue interface {
	// Machines returns all machines that are enrolled.
	Machines(ctx context.Context) ([]Machine, error)
	// HasPayload reports whether the hub has the file with a digest.
	HasPayload(ctx context.Context, digest string) (bool, error)
	// PutPayload stores the file with a digest.
	PutPayload(ctx context.Context, digest string, content io.Reader) error
	// Submit queues a job. A job that is queued already, or has a result, is not queued again.
	Submit(ctx context.Context, j Job) error
	// PutDetached stores what is needed to follow a run from anywhere.
	PutDetached(ctx context.Context, d Detached) error
	// Detached returns what was stored of a run. The error is ErrNoRun if nothing was.
	Detached(ctx context.Context, run string) (Detached, error)
	// Await returns the result of a job.
	Await(ctx context.Context, run, job string) (Result, error)
	Close()
}

// Post is what an agent needs of a hub.
type Post interface {
	// Machine returns the name under which the machine is enrolled.
	Machine() string
	// Report sends a report.
	Report(ctx context.Context, b Beat) (Orders, error)
	// Woken gets a value when there is a new pool that the machine fits, so that it reports at once.
	Woken() <-chan struct{}
	// Next waits for a job of one of the pools; nil if there was none for a time.
	Next(ctx context.Context, pools []string) (Delivery, error)
	// Payload writes the file with a digest to w.
	Payload(ctx context.Context, digest string, w io.Writer) error
	// Commit stores a result. The error is ErrLate if the job has the result of another machine, and ErrUnreported if the machine
	// has to report first.
	Commit(ctx context.Context, r Result) error
	Close()
}

// Delivery is a job that an agent got, with its lease.
type Delivery interface {
	Job() Job
	Lease() int   // how many agents had the job, this one included
	Renew() error // prolongs the lease
	Done() error  // takes the job from the queue
	Release()     // gives the job to another agent
}

// ErrLate is the error for a result of a job that has a result.
var ErrLate = errors.New("the job has the result of another machine")

// Detached is a run whose jobs are queued, and whose results any coordinator may fetch.
type Detached struct {
	V        int               `json:"v"`
	Manifest store.Manifest    `json:"manifest"`
	Needs    map[string]Needs  `json:"needs"`    // by target
	Payloads map[string]string `json:"payloads"` // digest, by target
}

// ErrNoRun is the error for a run that nobody has detached at this hub.
var ErrNoRun = errors.New("no such run was detached at this hub")

// ErrUnreported is the error for a result of a machine of which the hub, started again, does not know yet what it is.
var ErrUnreported = errors.New("the hub has no report of this machine")

// namePattern matches names of machines, runs and jobs: one token of a subject, and one part of a path.
var namePattern = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// ValidName reports whether a name can be that of a machine, run or job.
func ValidName(name string) bool { return len(name) <= 64 && namePattern().MatchString(name) }
