package triage

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// view is an observation on all targets.
type view struct {
	place
	name     string
	free     bool                // it may differ, for a reason that the suite gives
	values   map[string][]string // by target, without repetition
	evidence map[string]record.Provenance
}

// differences returns a finding for every observation that is not equal on all targets, whether or not a spec failed.
func differences(run *store.Run) []Finding {
	var out []Finding
	for _, v := range views(run) {
		if v.free {
			continue
		}
		if f, differs := v.compare(run); differs {
			out = append(out, f)
		}
	}
	return out
}

// views returns the observations of a run.
func views(run *store.Run) []*view {
	var order []*view
	byKey := map[[3]string]*view{}
	for _, cell := range run.Cells {
		for _, o := range cell.Observations {
			key := [3]string{cell.Item, o.Spec, o.Name}
			v := byKey[key]
			if v == nil {
				v = &view{place: place{cell.Item, o.Spec}, name: o.Name, values: map[string][]string{}, evidence: map[string]record.Provenance{}}
				byKey[key] = v
				order = append(order, v)
			}
			v.free = v.free || o.Differs != nil
			v.evidence[cell.Target] = cell.Provenance()
			if value := compact(o.Value); !slices.Contains(v.values[cell.Target], value) {
				v.values[cell.Target] = append(v.values[cell.Target], value)
			}
		}
	}
	return order
}

// compact returns a JSON value without blanks.
func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// maxShown is the length, in characters, to which a value in a finding is cut.
const maxShown = 120

// shown returns a value cut to maxShown.
func shown(value string) string {
	if r := []rune(value); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return value
}

// compare returns the finding of an observation that is not equal on all targets; false if it is equal. The value of the
// first target, natives first, counts as right; targets with another fail.
func (v *view) compare(run *store.Run) (Finding, bool) {
	sights := v.sights(run)
	if len(sights) == 0 {
		return Finding{}, false
	}
	reference := v.values[sights[0].target.ID][0]
	f := Finding{ID: waiver.SpecFinding(v.item, v.spec+" / differs / "+v.name), Item: v.item, Subject: v.name,
		Severity: record.High, Class: Platform, Evidence: sights[0].name().En + " saw " + shown(reference)}
	for i, s := range sights {
		switch values := v.values[s.target.ID]; {
		case len(values) > 1:
			sights[i].outcome, f.Class = wavers, Flaky
			f.Evidence += "; " + s.name().En + " saw " + shown(values[0]) + " and " + shown(values[1])
		case values[0] == reference:
			sights[i].outcome = passes
			continue
		default:
			f.Evidence += "; " + s.name().En + " saw " + shown(values[0])
		}
		f.Targets = append(f.Targets, s.target.ID)
	}
	if len(f.Targets) == 0 {
		return f, false
	}
	f.Reproduce = reproduce(run, f.Targets[0], v.item, v.spec, append([]string{sights[0].target.ID}, f.Targets...)...)
	f.Why = v.why(sights, reference)
	return f, true
}

// sights returns the targets with a value, natives first.
func (v *view) sights(run *store.Run) []sight {
	var sights []sight
	for _, t := range run.Manifest.Targets {
		if len(v.values[t.ID]) > 0 {
			sights = append(sights, sight{target: t, provenance: v.evidence[t.ID], outcome: fails})
		}
	}
	return withOutcome(sights, fails)
}

// why returns the reason: the values, and which target counts as right.
func (v *view) why(sights []sight, reference string) record.Sentence {
	bad, good, mixed := withOutcome(sights, fails), withOutcome(sights, passes), withOutcome(sights, wavers)
	w := record.Sayf("observation %q is to be the same everywhere: ", "观测值 %q 应在所有目标上一致：", v.name)
	if len(good) > 0 {
		w = plus(w, record.Sayf("%s on ", "%s 见于 ", shown(reference)), good)
	}
	if len(bad) > 0 {
		w = plus(w, record.Say("; another value on ", "；其他值见于 "), bad)
	}
	if len(mixed) > 0 {
		w = plus(w, record.Say("; differing between rounds on ", "；轮次间不一致："), mixed)
	}
	return w
}

// plus appends a sentence on some targets to w.
func plus(w, words record.Sentence, sights []sight) record.Sentence {
	named := names(sights)
	return record.Say(w.En+words.En+named.En, w.Zh+words.Zh+named.Zh)
}
