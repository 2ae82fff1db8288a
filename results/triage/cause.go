package triage

import (
	"regexp"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// cause returns the cause of a defect and its evidence, if all places that show the defect report the same cause; else
// "".
func (g *gathering) cause(d *defect) (cause record.Cause, evidence string) {
	for at := range d.places {
		for _, i := range g.specs[at] {
			if g.shows(i, d.id) != fails {
				continue
			}
			said := causeOf(i, d.id)
			if said.Cause == "" || cause != "" && said.Cause != cause {
				return "", ""
			}
			if evidence == "" || said.Evidence < evidence { // so that the order of the places does not matter
				evidence = said.Evidence
			}
			cause = said.Cause
		}
	}
	return cause, evidence
}

// causeOf returns what a spec reported of a finding in its last process.
func causeOf(i instance, id string) (said record.Finding) {
	for _, f := range i.cell.Findings {
		if f.ID == id && f.Spec == i.spec.ID {
			said = f.Finding
		}
	}
	return said
}

// byCause classes a defect by its cause, and returns the reason.
func byCause(cause record.Cause, sights []sight) (Class, record.Sentence) {
	bad, good, mixed := withOutcome(sights, fails), withOutcome(sights, passes), withOutcome(sights, wavers)
	where := describe(bad, good, mixed)
	switch cause {
	case record.CauseEmulator:
		return Emulator, where.and("the emulator says itself that it cannot do what a kernel would; xcmatrix test --confirm vm asks a real kernel",
			"模拟器自己表明无法完成内核所做的事；可用 xcmatrix test --confirm vm 由真实内核确认")
	case record.CauseKernel:
		return Emulator, where.and("a real kernel of the architecture, in a virtual machine, passes it", "该架构的真实内核（虚拟机）通过")
	case record.CauseSkipped:
		return skipClass(bad, good, true)
	case record.CauseFlaky:
		return Flaky, where.and("it failed once, and passed alone and in the same order again", "失败一次，单独运行及以相同顺序再次运行均通过")
	case record.CauseOrder:
		return Library, where.and("it depends on the order of tests, not on the platform", "取决于测试顺序，与平台无关")
	case record.CauseFusion:
		return Platform, where.and("fused multiply-add: the compiler rounds once where other architectures round twice; without fusion it passes",
			"融合乘加：编译器只舍入一次，而其他架构舍入两次；关闭融合后通过")
	case record.CauseBuild:
		if len(good) == 0 {
			return Library, where.and("it builds nowhere", "在所有目标上均无法构建")
		}
		en, zh := common(bad, good)
		return Platform, where.and(en, zh)
	}
	return classify(sights)
}

// lostCoverage returns a finding for each of the user's own tests that runs on some targets and skips on others.
func lostCoverage(run *store.Run) []Finding {
	order, all := skipping(run)
	var out []Finding
	for _, at := range order {
		if f, lost := skippedSomewhere(run, at, all[at]); lost {
			out = append(out, f)
		}
	}
	return out
}

// skipping returns the user's own tests that skip somewhere, in the order of the run, with all their instances.
func skipping(run *store.Run) (order []place, all map[place][]instance) {
	all = map[place][]instance{}
	each := func(f func(place, instance)) {
		for _, cell := range run.Cells {
			if cell.Item != record.ItemTest {
				continue
			}
			for _, s := range cell.Specs {
				f(place{cell.Item, s.ID}, instance{cell, s})
			}
		}
	}
	each(func(at place, i instance) {
		if _, seen := all[at]; i.spec.Verdict == record.Skip && !seen && !slices.Contains(i.spec.Labels, record.LabelBuild) {
			all[at] = nil
			order = append(order, at)
		}
	})
	each(func(at place, i instance) {
		if list, ok := all[at]; ok {
			all[at] = append(list, i)
		}
	})
	return order, all
}

// skippedSomewhere returns the finding of a test by comparing the targets on which it runs with those on which it skips;
// false if it skips on all.
func skippedSomewhere(run *store.Run, at place, all []instance) (Finding, bool) {
	var sights []sight
	evidence := ""
	for _, t := range run.Manifest.Targets {
		s := sight{target: t}
		for _, i := range all {
			if i.cell.Target != t.ID {
				continue
			}
			s.provenance = i.provenance()
			if m := i.cell.Machine; m != nil {
				s.pageSize = m.PageSize
			}
			switch {
			case i.spec.Verdict == record.Skip:
				s.outcome = s.outcome.and(fails)
				if evidence == "" && i.spec.Detail != nil {
					evidence = i.spec.Detail.En
				}
			case i.spec.Verdict != record.Miss && i.spec.Verdict != record.Error:
				s.outcome = s.outcome.and(passes)
			}
		}
		sights = append(sights, s)
	}
	bad, good := withOutcome(sights, fails), withOutcome(sights, passes)
	if len(bad) == 0 || len(good) == 0 {
		return Finding{}, false
	}
	f := Finding{ID: waiver.SpecFinding(at.item, at.spec) + record.SkippedSuffix, Item: at.item, Subject: at.item, Severity: record.Low,
		Cause: record.CauseSkipped, Evidence: evidence, Reproduce: reproduce(run, bad[0].target.ID, at.item, at.spec)}
	f.Class, f.Why = skipClass(bad, good, false)
	for _, s := range bad {
		f.Targets = append(f.Targets, s.target.ID)
	}
	return f, true
}

// skipClass returns the class of a test that skips on the targets bad and runs on good, with the reason. confirmed says that a
// real kernel of the architecture passes it.
func skipClass(bad, good []sight, confirmed bool) (Class, record.Sentence) {
	skips, checks := names(bad), names(good)
	if confirmed {
		return Emulator, record.Say("it skips on "+skips.En+", and a real kernel of the architecture, in a virtual machine, passes it: coverage is lost where it is emulated",
			"在 "+skips.Zh+" 上跳过，而该架构的真实内核（虚拟机）通过：模拟运行时丢失覆盖")
	}
	where := where{"it skips on " + skips.En + " what it checks on " + checks.En,
		"在 " + skips.Zh + " 上跳过，而在 " + checks.Zh + " 上检查"}
	checkedEmulated := slices.ContainsFunc(good, func(s sight) bool { return !s.real() }) // then it is not the emulator that keeps it from the check
	if !slices.ContainsFunc(bad, sight.real) && slices.ContainsFunc(good, sight.real) && !checkedEmulated {
		return Emulator, where.and("coverage is lost where it is emulated, unless the test is for another processor; if its reason is the kernel, xcmatrix test --confirm vm asks a real one",
			"模拟运行时丢失覆盖（除非该测试只针对其他处理器）；若原因在于内核，可用 xcmatrix test --confirm vm 由真实内核确认")
	}
	en, zh := common(bad, good)
	en, zh = strings.ReplaceAll(en, "it fails", "it skips"), strings.ReplaceAll(zh, "失败", "跳过")
	en = strings.ReplaceAll(en, "what fails has", "what skips has")
	return Platform, where.and("coverage is lost: "+en, "覆盖丢失："+zh)
}

// reproduceTest returns the command that runs one of the user's own tests on one target again.
func reproduceTest(target, spec string) []string {
	path := strings.TrimPrefix(spec, record.ItemTest+"/")
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 {
		return []string{"xcmatrix", "test", "--target", target}
	}
	name, pkg := path[slash+1:], path[:slash]
	command := []string{"xcmatrix", "test", "--target", target}
	switch {
	case strings.HasPrefix(name, "Benchmark"):
		command = append(command, "--bench", "^"+regexp.QuoteMeta(name)+"$")
	case name != "build" && name != "vet" && name != "TestMain":
		command = append(command, "--run", "^"+regexp.QuoteMeta(name)+"$")
	}
	return append(command, pkg)
}
