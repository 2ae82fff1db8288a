package triage

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// outcome of a defect on one target, over all rounds.
type outcome int

const (
	undecided outcome = iota // no spec there shows it
	passes
	fails
	wavers // fails in some rounds, passes in others
)

// and returns the outcome of two rounds together.
func (o outcome) and(p outcome) outcome {
	switch {
	case o == undecided || o == p:
		return p
	case p == undecided:
		return o
	}
	return wavers
}

// sight is how a defect appears on one target.
type sight struct {
	target     store.Target
	provenance record.Provenance
	outcome    outcome
	pageSize   int // in bytes, by the payload; 0 if unknown
}

// real reports whether the target's own kernel ran: on the machine itself, or in a virtual machine.
func (s sight) real() bool { return s.provenance == record.Native || s.provenance == record.VM }

// name returns the target's name in reasons.
func (s sight) name() record.Sentence {
	if s.provenance == record.Native || s.provenance == "" {
		return record.Say(s.target.ID, s.target.ID)
	}
	kind := s.provenance.Name()
	return record.Say(s.target.ID+" ("+kind.En+")", s.target.ID+"（"+kind.Zh+"）")
}

// classify returns the class of a defect from its sights, natives first, and the reason.
func classify(sights []sight) (Class, record.Sentence) {
	bad, good, mixed := withOutcome(sights, fails), withOutcome(sights, passes), withOutcome(sights, wavers)
	where := describe(bad, good, mixed)
	switch {
	case len(mixed) > 0:
		return Flaky, where.and("it differs between rounds of one target", "同一目标的不同轮次结果不一致")
	case len(good) == 0 && len(bad) == 1:
		return Library, where.and("no other target tells; run it on another to tell the library from the platform",
			"没有其他目标可对照；请在另一目标上运行以区分库与平台问题")
	case len(good) == 0:
		return Library, where.and("it fails everywhere", "在所有目标上均失败")
	case slices.ContainsFunc(bad, sight.real):
		return Platform, where.and(common(bad, good))
	case hasRealTwin(bad, good):
		return Emulator, where.and("a real machine of the same architecture passes", "同一架构的真实机器通过")
	case !slices.ContainsFunc(good, func(s sight) bool { return !s.real() }):
		return Emulator, where.and("it fails only when emulated; a real machine of the architecture would settle it",
			"仅在模拟时失败；需要该架构的真实机器来最终确认")
	}
	en, zh := common(bad, good)
	return Platform, where.and(en+"; emulators alone show it, a real machine of the architecture would settle it",
		zh+"；仅模拟器上出现，需要该架构的真实机器来最终确认")
}

// withOutcome returns the sights with an outcome, natives first.
func withOutcome(sights []sight, o outcome) []sight {
	var out []sight
	for _, s := range sights {
		if s.outcome == o {
			out = append(out, s)
		}
	}
	rank := []record.Provenance{record.Native, record.VM, record.Emulated}
	slices.SortStableFunc(out, func(a, b sight) int {
		return slices.Index(rank, a.provenance) - slices.Index(rank, b.provenance)
	})
	return out
}

// hasRealTwin reports whether for every failing target a real target of its architecture passes.
func hasRealTwin(bad, good []sight) bool {
	return !slices.ContainsFunc(bad, func(b sight) bool {
		return !slices.ContainsFunc(good, func(g sight) bool {
			sameChip := b.target.Chip == "" || g.target.Chip == "" || b.target.Chip == g.target.Chip
			return g.real() && g.target.GOARCH == b.target.GOARCH && sameChip
		})
	})
}

// properties by which targets differ, the coarsest first.
var properties = []struct {
	en, zh string
	of     func(store.Target) string
}{
	{"architecture", "架构", func(t store.Target) string { return t.GOARCH }},
	{"system", "系统", func(t store.Target) string { return t.System }},
	{"chip", "芯片", func(t store.Target) string { return t.Chip }},
	{"CPU model", "CPU 型号", func(t store.Target) string { return t.CPU }},
}

// common returns the property that all failing targets share and no passing one has; "" if there is none. It names the
// page size beside the architecture, because either may be the cause: a target with another page size shows which.
func common(bad, good []sight) (en, zh string) {
	const pagesEn, pagesZh = "it fails where pages are not 4 KiB", "在内存页不是 4 KiB 的目标上失败"
	pages := splitByPages(bad, good)
	for i, p := range properties {
		if i == 1 && pages {
			return pagesEn, pagesZh
		}
		value := p.of(bad[0].target)
		has := func(s sight) bool { return p.of(s.target) == value }
		hasNot := func(s sight) bool { return !has(s) }
		if value != "" && !slices.ContainsFunc(bad, hasNot) && !slices.ContainsFunc(good, has) {
			en, zh = "what fails has the "+p.en+" "+value+" in common", "失败目标的共同点："+p.zh+" "+value
			if pages {
				en, zh = en+", and "+pagesEn, zh+"，且"+pagesZh
			}
			return en, zh
		}
	}
	return "no single property of the targets explains it", "没有单一属性可以解释"
}

// splitByPages reports whether the failing targets are those whose pages are not 4 KiB, as far as known.
func splitByPages(bad, good []sight) bool {
	return !slices.ContainsFunc(bad, func(s sight) bool { return s.pageSize == 4096 || s.pageSize == 0 }) &&
		!slices.ContainsFunc(good, func(s sight) bool { return s.pageSize != 4096 })
}

// where is the beginning of a reason: on which targets the defect appears.
type where struct{ en, zh string }

// describe returns the where of sights.
func describe(bad, good, mixed []sight) where {
	var en, zh []string
	for _, part := range []struct {
		en, zh string
		sights []sight
	}{{"fails on ", "失败：", bad}, {"differs between rounds on ", "轮次间不一致：", mixed}, {"passes on ", "通过：", good}} {
		if len(part.sights) > 0 {
			named := names(part.sights)
			en, zh = append(en, part.en+named.En), append(zh, part.zh+named.Zh)
		}
	}
	return where{strings.Join(en, ", "), strings.Join(zh, "；")}
}

// maxNamed is the largest number of targets that a reason names.
const maxNamed = 8

// names joins the names of targets, up to maxNamed.
func names(sights []sight) record.Sentence {
	var en, zh []string
	for _, s := range sights {
		if len(en) == maxNamed {
			en, zh = append(en, "…"), append(zh, "…")
			break
		}
		named := s.name()
		en, zh = append(en, named.En), append(zh, named.Zh)
	}
	return record.Say(strings.Join(en, ", "), strings.Join(zh, "、"))
}

func (w where) and(en, zh string) record.Sentence { return record.Say(w.en+": "+en, w.zh+"："+zh) }
