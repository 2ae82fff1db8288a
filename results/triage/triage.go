// Package triage decides whose fault a finding is: that of the library, the platform, the emulator or the environment, or
// not yet known. It compares the same spec, and the same observations, on all targets of a run.
package triage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// Class of a finding.
type Class string

const (
	Library     Class = "library"     // fails everywhere
	Platform    Class = "platform"    // fails on one architecture, chip or system
	Emulator    Class = "emulator"    // fails only when emulated
	Environment Class = "environment" // something is absent, or the harness broke
	Flaky       Class = "flaky"       // differs between rounds
)

// Classes holds all classes.
var Classes = []Class{Library, Platform, Emulator, Environment, Flaky}

// Finding is one defect on one or more targets, with its class.
type Finding struct {
	ID        string          `json:"id"`
	Item      string          `json:"item"`
	Subject   string          `json:"subject"`
	Version   string          `json:"version"`
	Severity  record.Severity `json:"severity"`
	Class     Class           `json:"class"`
	Targets   []string        `json:"targets"` // on which it shows
	Waiver    string          `json:"waiver"`  // the finding or glob of the waiver that covers all of it; "" for none
	Clause    string          `json:"clause,omitempty"`
	Evidence  string          `json:"evidence,omitempty"`
	Cause     record.Cause    `json:"cause,omitempty"` // the known cause
	Why       record.Sentence `json:"why"`             // the reason for the class
	Reproduce []string        `json:"reproduce"`       // the smallest command that reproduces it
}

// Result of triage.
type Result struct {
	Findings []Finding // new ones first, then those on what could not be checked, then known ones; each by severity
	Waivers  waiver.Use
}

// Apply triages a run. It returns the findings with their classes, and changes run in memory: it sets the class of specs
// that are not in order, and the verdicts known and fixed by the waivers that are live at a time. A spec that fails
// without reporting a finding gets one of its own.
func Apply(run *store.Run, waivers waiver.List, at time.Time) Result {
	g := gather(run)
	found := g.defects()
	differing := differences(run)
	found = append(found, differing...)
	for _, f := range lostCoverage(run) {
		if g.byID[f.ID] == nil { // else a real kernel was asked already
			found = append(found, f)
		}
	}
	found = append(found, shortfalls(run)...)
	for i := range found {
		if w, ok := waivers.Of(found[i].ID, declared(run, found[i].Targets), at); ok {
			found[i].Waiver = w.Finding
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()),
			cmp.Compare(slices.Index(record.Severities, a.Severity), slices.Index(record.Severities, b.Severity)), cmp.Compare(a.ID, b.ID))
	})
	g.mark(found)
	use := waivers.Apply(run, at)
	for _, f := range differing {
		use.Cover(f.ID, declared(run, f.Targets))
	}
	return Result{Findings: found, Waivers: use}
}

// declared returns for each target the names that waivers match.
func declared(run *store.Run, targets []string) [][]string {
	own := make([][]string, len(targets))
	for i, t := range targets {
		own[i] = run.Names(t)
	}
	return own
}

// New reports whether somebody has to look at the finding: no waiver covers it, its class is not environment, and
// something fails.
func (f Finding) New() bool {
	return f.Waiver == "" && f.Class != Environment && f.Cause != record.CauseSkipped
}

// rank returns the order of findings for people: new ones, then those on what could not be checked, then known ones.
func (f Finding) rank() int {
	switch {
	case f.New():
		return 0
	case f.Waiver == "":
		return 1
	}
	return 2
}

// New returns the number of findings that somebody has to look at.
func (r Result) New() int {
	n := 0
	for _, f := range r.Findings {
		if f.New() {
			n++
		}
	}
	return n
}

// Command returns the command that reproduces the finding, quoted for a shell.
func (f Finding) Command() string {
	quoted := make([]string, len(f.Reproduce))
	for i, w := range f.Reproduce {
		quoted[i] = Quoted(w)
	}
	return strings.Join(quoted, " ")
}

// Quoted returns a word quoted for a shell.
func Quoted(word string) string {
	if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !strings.ContainsRune(plainLetters, r) }) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// plainLetters are the characters that need no quotes in a shell.
const plainLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+"
