// Package record is the contract between a payload and all other parts: the events of a run as newline-delimited JSON,
// one event a line.
//
// A payload writes events to a descriptor of its own, so that the output of a library cannot corrupt them. A coordinator
// does not trust them: the cell that an event belongs to, and how the payload was launched, are added by the coordinator
// (package store), not by the payload.
package record

import (
	"encoding/json"
	"slices"
	"time"
)

const (
	// Version of the event format. Fields are only ever added within a version; a reader refuses a newer one.
	Version = 1
	// MaxLine is the longest event in bytes, its newline included. A longer line is a broken payload.
	MaxLine = 1 << 20
)

// Kind says which of an event's bodies is set.
type Kind string

const (
	KindPlan        Kind = "plan"        // the planned specs, before the first one starts; from a payload without a list of specs
	KindLaunch      Kind = "launch"      // how a payload was started; written by the coordinator alone
	KindMachine     Kind = "machine"     // the fingerprint of the machine that the payload sees
	KindSpecStart   Kind = "spec-start"  // a start without an end shows which spec a crash belongs to
	KindSpecEnd     Kind = "spec-end"    // one verdict
	KindSample      Kind = "sample"      // one measured value
	KindObservation Kind = "observation" // one raw value that must be equal on all targets
	KindFinding     Kind = "finding"     // one named defect
	KindLog         Kind = "log"         // one line for people
	KindNoise       Kind = "noise"       // disturbances of the machine in a round; written by the coordinator alone
	KindFile        Kind = "file"        // a piece of a file that becomes an attachment; never in a journal
	KindCellEnd     Kind = "cell-end"    // the payload has run all its specs
)

// Event is one line. Exactly one body is set, the one that Kind names; Spec is the spec it belongs to. The stored line
// keeps fields that this version does not know.
type Event struct {
	V    int       `json:"v"`
	Kind Kind      `json:"event"`
	Time time.Time `json:"time"`
	Spec string    `json:"spec,omitempty"`

	Plan        *Plan        `json:"plan,omitempty"`
	Launch      *Launch      `json:"launch,omitempty"`
	Machine     *Machine     `json:"machine,omitempty"`
	Start       *SpecStart   `json:"start,omitempty"`
	End         *SpecEnd     `json:"end,omitempty"`
	Sample      *Sample      `json:"sample,omitempty"`
	Observation *Observation `json:"observation,omitempty"`
	Finding     *Finding     `json:"finding,omitempty"`
	Log         *Log         `json:"log,omitempty"`
	Noise       *Noise       `json:"noise,omitempty"`
	File        *File        `json:"file,omitempty"`
	CellEnd     *CellEnd     `json:"cell_end,omitempty"`
}

// Plan lists the specs of one suite in the order in which they will run.
type Plan struct {
	Item  string     `json:"item"`
	Specs []SpecPlan `json:"specs"`
}

// SpecPlan is one planned spec.
type SpecPlan struct {
	ID       string   `json:"id"`
	Labels   []string `json:"labels,omitempty"`
	Deadline float64  `json:"deadline_s"` // seconds, natively; a launcher may extend it
}

// Launch is how a payload was started. The launcher writes it: under a user-mode emulator a payload cannot tell.
type Launch struct {
	Provenance Provenance `json:"provenance"`
	Launcher   Launcher   `json:"launcher"`
	BuildKey   string     `json:"build_key"`
	Payload    string     `json:"payload"` // "sha256:…" of the file that was started

	// Environment has the names of the payload's environment variables, with the values of those that are no secrets.
	Environment []string `json:"environment,omitempty"`
}

// Launcher is the program that started the payload.
type Launcher struct {
	Name    string   `json:"name"`              // "native", "qemu-user", …
	Version string   `json:"version,omitempty"` // as the program prints it
	CPU     string   `json:"cpu,omitempty"`     // the requested CPU model
	World   string   `json:"world,omitempty"`   // "simulated old world on Linux 7.2": an ABI world that is not the kernel's own
	Command []string `json:"command,omitempty"`
	Kernel  *Kernel  `json:"kernel,omitempty"` // of a virtual machine

	Firmware *Kernel `json:"firmware,omitempty"` // that booted the kernel; nil if the kernel was started directly

	HostKey     string `json:"host_key,omitempty"`    // "SHA256:…": fingerprint of the key by which a machine that was reached by SSH has shown who it is
	Coordinator string `json:"coordinator,omitempty"` // "sha256:…" of the program that sent the payload there
}

// Provenance says how far a result is from the chip that it is reported for.
type Provenance string

const (
	Native   Provenance = "native"   // the machine itself
	VM       Provenance = "vm"       // a real kernel in a virtual machine
	Emulated Provenance = "emulated" // a user-mode emulator: neither the kernel nor the speed is the target's
	Built    Provenance = "built"    // compiled only
)

// Provenances holds all provenances, the weakest first.
var Provenances = []Provenance{Built, Emulated, VM, Native}

// Name returns the name of a provenance for people.
func (p Provenance) Name() Sentence {
	return Say(string(p), map[Provenance]string{Native: "实机", VM: "虚拟机", Emulated: "模拟", Built: "仅构建"}[p])
}

// Valid reports whether p is one of Provenances.
func (p Provenance) Valid() bool { return slices.Contains(Provenances, p) }

// Weaker returns the one of two that is farther from the chip; an invalid one does not count.
func (p Provenance) Weaker(q Provenance) Provenance {
	switch {
	case !p.Valid():
		return q
	case q.Valid() && slices.Index(Provenances, q) < slices.Index(Provenances, p):
		return q
	}
	return p
}

// SpecStart announces that a spec begins.
type SpecStart struct {
	Deadline float64 `json:"deadline_s"` // seconds after which the payload itself ends
}

// SpecEnd is the verdict of one spec.
type SpecEnd struct {
	Verdict Verdict   `json:"verdict"`
	Seconds float64   `json:"seconds"`
	Detail  *Sentence `json:"detail,omitempty"` // the reason, for every verdict but pass
	Remedy  *Sentence `json:"remedy,omitempty"` // set for every miss
	Stack   string    `json:"stack,omitempty"`
}

// Better is the direction in which a measured value improves.
type Better string

const (
	Higher Better = "higher"
	Lower  Better = "lower"
)

// Sample is one measured value.
type Sample struct {
	Name   string  `json:"name"` // what was measured, without the item: "SM3/1MiB"
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"` // as in the Go benchmark format: "ns/op", "MB/s"
	Better Better  `json:"better"`
	N      int     `json:"n,omitempty"` // number of iterations of the measurement

	Reference string `json:"reference,omitempty"` // the name of the benchmark that it is compared with, in the same run
	Path      string `json:"path,omitempty"`      // the code path that was taken: "Go", "assembly: avx2 aes"
}

// Observation is a raw value that must be equal on all targets, unless Differs has a reason why it may differ.
type Observation struct {
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"`
	Differs *Sentence       `json:"differs,omitempty"`
}

// Severity of a finding.
type Severity string

const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

// Severities are all of them, the worst first.
var Severities = []Severity{Critical, High, Medium, Low}

// Finding is a named defect. Its ID is the same in all runs, versions and machines: "crypto/tjfoc/sm2/decrypt-off-curve".
type Finding struct {
	ID       string   `json:"id"`
	Subject  string   `json:"subject"` // the library, driver or chip under test
	Version  string   `json:"version,omitempty"`
	Severity Severity `json:"severity"`
	Clause   string   `json:"clause,omitempty"` // the clause of the standard that is violated
	Evidence string   `json:"evidence"`
	Cause    Cause    `json:"cause,omitempty"` // what is known to be behind it; "" where nothing is
}

// Cause is the known cause of a finding, from its message or from an experiment.
type Cause string

const (
	CauseOrder    Cause = "order"    // a test fails after others of its package, and passes alone
	CauseFlaky    Cause = "flaky"    // it failed once, and not again in the same order
	CauseBuild    Cause = "build"    // a package does not build
	CauseFusion   Cause = "fusion"   // the test fails only if the compiler fuses multiplication and addition
	CauseSkipped  Cause = "skipped"  // a test skips on some targets and not on others; set by triage
	CauseEmulator Cause = "emulator" // the emulator reports that it lacks a feature of kernels
	CauseKernel   Cause = "kernel"   // a real kernel of the architecture, in a virtual machine, passes what the emulator fails
)

// SkippedSuffix ends the id of a finding about a test that skips somewhere; the spec's id is before it.
const SkippedSuffix = "/skipped"

// Log is one line for people.
type Log struct {
	Level string   `json:"level"` // "info", "warn", "error"
	Text  Sentence `json:"text"`
}

// File is a piece of a file that a payload hands over by its events: in a virtual machine it cannot write one for the coordinator.
type File struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
	Last bool   `json:"last,omitempty"` // the file is whole with this piece
}

// CellEnd is the payload's last event. Without it the payload ended early.
type CellEnd struct {
	Specs int   `json:"specs"`          // number of verdicts of this process
	Load  *Load `json:"load,omitempty"` // load of the machine at the end; the machine event has that at the start
}

// LabelBench marks a spec that measures speed.
const LabelBench = "bench"

// Measures reports whether the spec measures speed: it runs in rounds, while its run holds the machine lock.
func (p SpecPlan) Measures() bool { return slices.Contains(p.Labels, LabelBench) }

// LabelDeep marks a spec that takes minutes: a grid, a storm, a thousand cycles, a series of power cuts. A run has it
// only if the user names the label or the id of the spec, and no level asks for it.
const LabelDeep = "deep"

// Deep reports whether the spec runs only if the user names its label or id.
func (p SpecPlan) Deep() bool { return slices.Contains(p.Labels, LabelDeep) }

// ItemTest is the item of a user's own Go tests, and LabelBuild marks those of its specs that the build decides.
const (
	ItemTest   = "test"
	LabelBuild = "build"
)

// ArtifactsName is the attachment with the files that a user's own tests kept by testing.TB.ArtifactDir.
const ArtifactsName = "artifacts.tar"

// LabelLogic marks a spec that checks the logic of code, which does not depend on kernel or processor.
const LabelLogic = "logic"

// Logic reports whether the spec checks the logic of code. Of the emulated and virtual machines that run the same
// payload, one runs it.
func (p SpecPlan) Logic() bool { return slices.Contains(p.Labels, LabelLogic) }

// LabelOptional marks a spec that needs a thing which no laboratory has to have: another program as an oracle, or a file
// of vectors. Its miss counts neither for a level nor against it; its other verdicts count as those of any spec.
const LabelOptional = "optional"

// Optional reports whether a miss of the spec has no effect on a level.
func (p SpecPlan) Optional() bool { return slices.Contains(p.Labels, LabelOptional) }

// Noise describes the disturbances of the machine while one round was measured.
type Noise struct {
	Score     float64   `json:"score"`              // share by which a fixed loop's median run is longer than its shortest
	Pulse     float64   `json:"pulse,omitempty"`    // nanoseconds of one step of the loop in that median run
	Slow      float64   `json:"slow,omitempty"`     // share by which Pulse may exceed the run's best; 0 for no limit
	Load      float64   `json:"load"`               // runnable tasks of others for each processor, before the round
	Steal     float64   `json:"steal"`              // share of processor time that the hypervisor used for others in the round
	Throttled uint64    `json:"throttled"`          // how often a core was throttled in the round
	Governor  string    `json:"governor,omitempty"` // of the first processor
	MHz       float64   `json:"mhz,omitempty"`      // its frequency before the round
	MaxMHz    float64   `json:"max_mhz,omitempty"`  // its highest frequency
	CPUs      string    `json:"cpus,omitempty"`     // the processors that may be used: "0-3,8"
	Unfit     *Sentence `json:"unfit,omitempty"`    // why the round is not compared
}
