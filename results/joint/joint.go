// Package joint joins several runs into one, with a column for each machine, for the code that reads one run. Each run
// keeps its own chain, which is checked; nothing is copied to disk.
package joint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Named is a run, and the name for its machine; "" for the name that Join chooses.
type Named struct {
	*store.Run
	As string
}

// Join returns runs as one; there is at least one run. The targets are those of all runs, renamed after the machine: its
// chip, if results were native and isChip knows the chip, else the target's own name. If several have a name, a number is
// added from the second on: kunpeng-920/2. A single run without a name of its own is returned unchanged.
func Join(runs []Named, isChip func(id string) bool) *store.Run {
	if len(runs) == 1 && runs[0].As == "" {
		return runs[0].Run
	}
	j := &joiner{isChip: isChip, taken: map[string]bool{}, all: &store.Run{Origins: map[string]store.Origin{}}}
	for _, r := range runs {
		j.add(r)
	}
	j.finish()
	return j.all
}

// joiner builds the joined run.
type joiner struct {
	isChip func(string) bool
	taken  map[string]bool // names of targets
	all    *store.Run
}

// add adds the targets, cells and findings of a run.
func (j *joiner) add(r Named) {
	names := map[string]string{}
	for _, t := range r.Manifest.Targets {
		what := seen(r.Run, t)
		name := j.free(nameOf(r, t, what, j.isChip))
		names[t.ID] = name
		j.all.Origins[name] = store.Origin{Run: r.Run, Target: t.ID}
		t.ID, t.Chip, t.System = name, what.chip, what.system
		j.all.Manifest.Targets = append(j.all.Manifest.Targets, t)
	}
	for _, c := range r.Cells {
		own := *c
		own.Target = names[c.Target]
		j.all.Cells = append(j.all.Cells, &own)
	}
	for _, p := range r.Manifest.Cells {
		p.Target = names[p.Target]
		j.all.Manifest.Cells = append(j.all.Manifest.Cells, p)
	}
	for _, x := range r.Manifest.Excluded {
		if name, ok := names[x.Target]; ok {
			x.Target = name
			j.all.Manifest.Excluded = append(j.all.Manifest.Excluded, x)
		}
	}
	for _, item := range r.Manifest.Items {
		if !slices.Contains(j.all.Manifest.Items, item) {
			j.all.Manifest.Items = append(j.all.Manifest.Items, item)
		}
	}
	j.all.Parts = append(j.all.Parts, r.Run)
}

// finish sets the properties of the joined run as a whole. Those that can have only one value are the oldest run's.
func (j *joiner) finish() {
	first := j.all.Parts[0]
	ids, sealed := []string{}, true
	for _, p := range j.all.Parts {
		ids = append(ids, p.Manifest.Run)
		sealed = sealed && p.Seal != nil
		if p.Manifest.Created.Before(first.Manifest.Created) {
			first = p
		}
		j.all.Entries += p.Entries
	}
	m := &j.all.Manifest
	m.V, m.Created, m.Seed, m.Tool, m.Commit, m.Go, m.Matrix = first.Manifest.V, first.Manifest.Created, first.Manifest.Seed,
		first.Manifest.Tool, first.Manifest.Commit, first.Manifest.Go, first.Manifest.Matrix
	m.Run = strings.Join(ids, " ")
	if sealed {
		j.all.Seal = first.Seal
	}
}

// Name returns the name of a run's target beside other runs, before Join adds a number to equal names.
func Name(r Named, t store.Target, isChip func(id string) bool) string {
	return nameOf(r, t, seen(r.Run, t), isChip)
}

// nameOf returns the name of a target that ran on a machine.
func nameOf(r Named, t store.Target, what machine, isChip func(id string) bool) string {
	switch {
	case r.As != "" && (what.native || len(r.Manifest.Targets) == 1):
		return r.As
	case r.As != "":
		return r.As + "-" + t.ID
	case what.native && what.chip != "" && isChip(what.chip):
		return what.chip
	}
	return t.ID
}

// free returns a name that no other target has, and reserves it.
func (j *joiner) free(name string) string {
	own := name
	for n := 2; j.taken[own]; n++ {
		own = fmt.Sprint(name, "/", n)
	}
	j.taken[own] = true
	return own
}

// machine describes the machine that a target ran on.
type machine struct {
	chip, system string
	native       bool
}

// seen returns the machine of a target's fingerprints, or the declared one if there are none of a machine of its own, as
// under a user-mode emulator.
func seen(run *store.Run, t store.Target) machine {
	m := machine{chip: t.Chip, system: t.System}
	for _, c := range run.Cells {
		if p := c.Provenance(); c.Target == t.ID && c.Machine != nil && (p == record.Native || p == record.VM) {
			return machine{chip: cmp.Or(c.Machine.Chip, t.Chip), system: cmp.Or(c.Machine.System, t.System), native: p == record.Native}
		}
	}
	return m
}
