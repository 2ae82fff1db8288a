// Package record is the one contract between a payload and everything else: what happened, as
// newline-delimited JSON, one event a line.
//
// A payload writes events to a descriptor of its own, so that no library's print can corrupt them. A
// coordinator never trusts them: which cell an event belongs to, and how the payload was launched, is
// written around it by the coordinator (package store), not by the payload.
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

// Kind says which of an event's bodies is filled.
type Kind string

const (
	KindPlan        Kind = "plan"        // which specs there will be, before the first of them starts; from a payload that was not told
	KindLaunch      Kind = "launch"      // how a payload was started; written by the coordinator alone
	KindMachine     Kind = "machine"     // the fingerprint of the machine that the payload sees
	KindSpecStart   Kind = "spec-start"  // a start without an end names the culprit of a crash
	KindSpecEnd     Kind = "spec-end"    // one verdict
	KindSample      Kind = "sample"      // one measured value
	KindObservation Kind = "observation" // one raw value that is to be equal on all targets
	KindFinding     Kind = "finding"     // one named defect
	KindLog         Kind = "log"         // one line for people
	KindNoise       Kind = "noise"       // how quiet the machine was in a round; written by the coordinator alone
	KindCellEnd     Kind = "cell-end"    // the payload came to its end
)

// Event is one line. Exactly one body, the one that Kind names, is filled; Spec names the spec it belongs to.
// Fields that this version does not know stay in the stored line, which is kept as it came.
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
	Deadline float64  `json:"deadline_s"` // seconds, natively; a launcher may stretch it
}

// Launch is how a payload was started. The launcher writes it: under a user-mode emulator a payload cannot tell.
type Launch struct {
	Provenance Provenance `json:"provenance"`
	Launcher   Launcher   `json:"launcher"`
	BuildKey   string     `json:"build_key"`
	Payload    string     `json:"payload"` // "sha256:…" of the file that was started

	// Environment names the variables that the payload was given; values are with those that are no secrets.
	Environment []string `json:"environment,omitempty"`
}

// Launcher is the program that started the payload.
type Launcher struct {
	Name    string   `json:"name"`              // "native", "qemu-user", …
	Version string   `json:"version,omitempty"` // as the program itself says it
	CPU     string   `json:"cpu,omitempty"`     // the CPU model it was asked for
	World   string   `json:"world,omitempty"`   // "simulated old world on Linux 7.2": an ABI world that is not the kernel's own
	Command []string `json:"command,omitempty"`
	Kernel  *Kernel  `json:"kernel,omitempty"` // that a virtual machine was booted with

	Firmware *Kernel `json:"firmware,omitempty"` // by which, where it was not booted directly

	HostKey     string `json:"host_key,omitempty"`    // "SHA256:…": fingerprint of the key by which a machine that was reached by SSH has shown who it is
	Coordinator string `json:"coordinator,omitempty"` // "sha256:…" of the program that sent the payload there
}

// Provenance says how far a result is from the chip it is reported for.
type Provenance string

const (
	Native   Provenance = "native"   // the machine itself
	VM       Provenance = "vm"       // a real kernel in a virtual machine
	Emulated Provenance = "emulated" // a user-mode emulator: neither the kernel nor the speed is the target's
	Built    Provenance = "built"    // compiled only
)

// Provenances holds all provenances, the weakest first.
var Provenances = []Provenance{Built, Emulated, VM, Native}

// Valid reports whether p is one of Provenances.
func (p Provenance) Valid() bool { return slices.Contains(Provenances, p) }

// Weaker returns the one of two that is farther from the chip; what is none of Provenances says nothing.
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
	Deadline float64 `json:"deadline_s"` // seconds until the payload itself gives up
}

// SpecEnd is the verdict on one spec.
type SpecEnd struct {
	Verdict Verdict   `json:"verdict"`
	Seconds float64   `json:"seconds"`
	Detail  *Sentence `json:"detail,omitempty"` // the reason, for every verdict but pass
	Remedy  *Sentence `json:"remedy,omitempty"` // what to do; always there for miss
	Stack   string    `json:"stack,omitempty"`
}

// Better says in which direction a measured value improves.
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
	N      int     `json:"n,omitempty"` // iterations behind the value

	Reference string `json:"reference,omitempty"` // the name of what it is held against, measured in the same run
	Path      string `json:"path,omitempty"`      // the code path that was taken: "Go", "assembly: avx2 aes"
}

// Observation is a raw value that must be equal on all targets, unless Differs says why it need not be.
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

// Finding is a named defect. Its ID is stable over runs, versions and machines: "crypto/tjfoc/sm2/decrypt-off-curve".
type Finding struct {
	ID       string   `json:"id"`
	Subject  string   `json:"subject"` // the library, driver or chip under test
	Version  string   `json:"version,omitempty"`
	Severity Severity `json:"severity"`
	Clause   string   `json:"clause,omitempty"` // the standard's clause that is not met
	Evidence string   `json:"evidence"`
	Cause    Cause    `json:"cause,omitempty"` // what is known to be behind it; "" where nothing is
}

// Cause is what is known to be behind a finding, by its own words or by an experiment.
type Cause string

const (
	CauseOrder    Cause = "order"    // a test fails behind others of its package, and passes alone
	CauseFlaky    Cause = "flaky"    // it failed once, and not again in the same order
	CauseBuild    Cause = "build"    // a package does not build
	CauseFusion   Cause = "fusion"   // the compiler fuses a multiplication and an addition: without that it passes
	CauseSkipped  Cause = "skipped"  // a test skips on some targets what it checks on others; made by triage
	CauseEmulator Cause = "emulator" // the emulator says itself that it cannot do what a kernel would
)

// Log is one line for people.
type Log struct {
	Level string   `json:"level"` // "info", "warn", "error"
	Text  Sentence `json:"text"`
}

// CellEnd is the payload's last event: without it the payload did not come to its end.
type CellEnd struct {
	Specs int   `json:"specs"`          // verdicts this process gave
	Load  *Load `json:"load,omitempty"` // how busy the machine was then; the machine event has it for the start
}

// LabelBench marks a spec that measures speed.
const LabelBench = "bench"

// Measures reports whether the spec measures speed: it runs in rounds, and has the machine to itself.
func (p SpecPlan) Measures() bool { return slices.Contains(p.Labels, LabelBench) }

// LabelDeep marks a spec that takes minutes: a grid, a storm, a thousand cycles, a series of power cuts. No run has it unless
// its label or its id is named, and no level asks for it.
const LabelDeep = "deep"

// Deep reports whether the spec runs only where its label or its id is named.
func (p SpecPlan) Deep() bool { return slices.Contains(p.Labels, LabelDeep) }

// ItemTest is the item of a user's own Go tests, and LabelBuild marks those of its specs that the build decides.
const (
	ItemTest   = "test"
	LabelBuild = "build"
)

// LabelLogic marks a spec that asks for the code's own logic, far from kernel and processor.
const LabelLogic = "logic"

// Logic reports whether the spec asks for the code's own logic: of the emulated and virtual machines that run the same
// payload, one runs it.
func (p SpecPlan) Logic() bool { return slices.Contains(p.Labels, LabelLogic) }

// LabelOptional marks a spec that asks something that no laboratory has to have: another program of the machine that
// serves as an oracle, or a file of vectors from outside. Its `miss` counts neither for a level nor against it; each other
// verdict counts as that of any spec.
const LabelOptional = "optional"

// Optional reports whether the spec may be `miss` without effect on a level.
func (p SpecPlan) Optional() bool { return slices.Contains(p.Labels, LabelOptional) }

// Noise is how quiet the machine was while one round was measured.
type Noise struct {
	Score     float64   `json:"score"`              // share by which a fixed loop's median run is longer than its shortest
	Pulse     float64   `json:"pulse,omitempty"`    // nanoseconds that one step of the loop took in that median run
	Slow      float64   `json:"slow,omitempty"`     // share by which Pulse may be beyond the run's best; 0 is any
	Load      float64   `json:"load"`               // other tasks that wanted each processor, before the round
	Steal     float64   `json:"steal"`              // share of processor time that a hypervisor took in the round
	Throttled uint64    `json:"throttled"`          // times a core was slowed down for heat in the round
	Governor  string    `json:"governor,omitempty"` // of the first processor
	MHz       float64   `json:"mhz,omitempty"`      // its frequency before the round
	MaxMHz    float64   `json:"max_mhz,omitempty"`  // and the highest it has
	CPUs      string    `json:"cpus,omitempty"`     // the processors that may be used: "0-3,8"
	Unfit     *Sentence `json:"unfit,omitempty"`    // why the round is not to be compared
}
