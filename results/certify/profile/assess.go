package profile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Assessment is the result of a profile for one target.
type Assessment struct {
	Level  Level     `json:"level"` // the highest reached; "" for none
	Rules  []Outcome `json:"rules"`
	Looked Looked    `json:"looked"`
}

// Outcome is the result of one rule.
type Outcome struct {
	Rule      string          `json:"rule"`
	Level     Level           `json:"level"`
	Met       bool            `json:"met"`
	Inherited bool            `json:"inherited,omitempty"` // met by a certificate of a like machine
	Value     string          `json:"value"`               // of the indicator; "" if it could not be computed
	Objective string          `json:"objective"`
	Evidence  record.Sentence `json:"evidence"`
}

// Assess assesses a target of a run, to which triage has been applied, by the profile. inherited names the rules that the
// certificate of a like machine met; they count as met if this run planned nothing for them. A target that inherits does
// not reach L3.
func (p *Profile) Assess(run *store.Run, target string, inherited []string) Assessment {
	a := Assessment{Looked: p.looked(cellsOf(run, target))}
	cells := cellsOf(run, target)
	for _, r := range p.Rules {
		o := r.assess(run, target, cells)
		if r.Level == L3 && len(inherited) > 0 {
			o.Met, o.Evidence = false, record.Say("a certificate that inherits says nothing of speed", "含继承内容的证书不涉及性能")
		}
		if !o.Met && o.Value == "" && r.Level != L3 && slices.Contains(inherited, r.ID) && !r.planned(cells) {
			o.Met, o.Inherited = true, true
			o.Evidence = record.Say("inherited from the certificate of a like machine", "继承自同类机器的证书")
		}
		a.Rules = append(a.Rules, o)
	}
	a.Level = reached(a.Rules)
	return a
}

// reached returns the highest level of which all rules are met, and all rules of the levels below it. A level without
// rules is not reached.
func reached(outcomes []Outcome) Level {
	level := None
	for _, l := range Levels {
		of := 0
		for _, o := range outcomes {
			if o.Level == l {
				of++
				if !o.Met {
					return level
				}
			}
		}
		if of == 0 {
			return level
		}
		level = l
	}
	return level
}

// cellsOf returns the cells of a target.
func cellsOf(run *store.Run, target string) []*store.CellRun {
	var cells []*store.CellRun
	for _, c := range run.Cells {
		if c.Target == target {
			cells = append(cells, c)
		}
	}
	return cells
}

// planned reports whether cells contain an item of the rule.
func (r Rule) planned(cells []*store.CellRun) bool {
	return slices.ContainsFunc(cells, func(c *store.CellRun) bool { return slices.Contains(r.Items, c.Item) })
}

// assess computes the indicator of the rule for a target and compares it with the objective.
func (r Rule) assess(run *store.Run, target string, cells []*store.CellRun) Outcome {
	o := Outcome{Rule: r.ID, Level: r.Level, Objective: r.Objective.Text}
	if why, is := r.foreign(cells); is {
		o.Evidence = why
		return o
	}
	value, unit, evidence, ok := math.NaN(), "%", record.Sentence{}, false
	switch r.Indicator {
	case Passed:
		value, evidence, ok = r.passed(cells)
	case Machine:
		value, evidence, ok = machine(run, target, cells)
	case Rounds:
		unit = ""
		value, evidence, ok = r.rounds(cells)
	case Noise:
		value, evidence, ok = r.noise(cells)
	case Speed:
		unit = " " + r.Unit
		value, evidence, ok = r.speed(cells)
	}
	o.Evidence = evidence
	if ok {
		o.Value, o.Met = fmt.Sprintf("%.4g%s", value, unit), r.Objective.Met(value)
	}
	if why, is := r.narrowed(run, target); is {
		o.Met, o.Evidence = false, record.Sayf("%s; %s", "%s；%s", why, evidence)
	}
	return o
}

// narrowed reports whether the plan is too small for the rule, with the reason: only a part of a suite was planned, or,
// above L1, the run does not record the full plan. It is false if all of the rule's items were planned whole, or not at
// all.
func (r Rule) narrowed(run *store.Run, target string) (record.Sentence, bool) {
	if len(run.Manifest.Suites) == 0 && run.Manifest.Product == nil {
		return record.Say("the full plan is not recorded", "未记录完整计划"), r.Level != L1
	}
	for _, item := range r.Items {
		if item == record.ItemTest && run.Manifest.Product != nil {
			if why, is := narrowedTests(run.Manifest, target, r.Level); is {
				return why, true
			}
			continue
		}
		planned := run.Manifest.Planned(target, item)
		full, ok := run.Manifest.FullPlan(item)
		switch {
		case planned.Specs == 0:
		case !ok:
			return record.Sayf("the full plan of %s is not recorded", "未记录 %s 的完整计划", item), true
		case planned.Specs != full.Specs:
			return record.Sayf("%[1]d of %[2]d specs of %[3]s were to run: a part of a suite carries no level",
				"%[3]s 仅计划了 %[2]d 个检查项中的 %[1]d 个：套件的一部分不能支撑任何级别", planned.Specs, full.Specs, item), true
		case planned != full:
			return record.Sayf("the specs of %s are not those of its full plan", "%s 的检查项与其完整计划不符", item), true
		}
	}
	return record.Sentence{}, false
}

// narrowedTests is narrowed for a module's own tests: for L3 all its benchmarks were to run, for the levels below it all its
// tests, in their whole form.
func narrowedTests(m store.Manifest, target string, level Level) (record.Sentence, bool) {
	full, ok := m.Product.Plan(target)
	if !ok {
		return record.Sayf("the full plan of %s is not recorded", "未记录 %s 的完整计划", record.ItemTest), true
	}
	planned := m.PlannedTests(target)
	have, all, what := planned.Tests, full.Tests, record.Say("tests", "测试")
	if level == L3 {
		have, all, what = planned.Benchmarks, full.Benchmarks, record.Say("benchmarks", "基准测试")
	}
	switch {
	case have.Specs == 0 && all.Specs == 0:
	case have.Specs != all.Specs:
		return record.Sayf("%[1]d of %[2]d %[3]s of the module were to run: a part carries no level", "模块仅计划了 %[2]d 个%[3]s检查项中的 %[1]d 个：一部分不能支撑任何级别",
			have.Specs, all.Specs, what), true
	case have != all:
		return record.Sayf("the %s that were to run are not those of the module", "计划运行的%s与模块的完整计划不符", what), true
	}
	for _, f := range m.Product.Flags {
		if f == "-short" || strings.HasPrefix(f, "-run=") {
			return record.Sayf("the tests ran with %.80s: a part of them carries no level", "测试以 %.80s 运行：一部分不能支撑任何级别", f), true
		}
	}
	return record.Sentence{}, false
}

// foreign reports whether cells have a provenance that the rule does not accept, or none, with the reason.
func (r Rule) foreign(cells []*store.CellRun) (record.Sentence, bool) {
	for _, c := range cells {
		if len(r.Items) > 0 && !slices.Contains(r.Items, c.Item) {
			continue
		}
		for _, l := range c.Launches {
			if l.Launcher.World != "" && r.Level != L1 {
				return record.Sayf("%[1]s takes no results of a simulated ABI world: %.200[2]s", "%[1]s 不接受模拟 ABI 世界的结果：%.200[2]s", r.Level, l.Launcher.World), true
			}
			if !slices.Contains(r.Provenance, l.Provenance) {
				return record.Sayf("%s takes results that are %s; these are %s", "%s 只接受来源为 %s 的结果；本目标的来源为 %s",
					r.Level, join(r.Provenance), render.ProvenanceName(l.Provenance)), true
			}
		}
		for _, s := range c.Specs {
			if s.Provenance == "" && (good(s.Verdict) || failing(s.Verdict)) && !built(c, s) {
				return record.Sayf("%[1]s: %.200[2]q has a verdict and no launch line: nobody says how it was run",
					"%[1]s：%.200[2]q 有结论但没有启动记录：其运行方式不明", c.Item, s.ID), true
			}
		}
	}
	return record.Sentence{}, false
}

// built reports whether a verdict is of the build of a module's package, which no launch decides.
func built(c *store.CellRun, s *store.Spec) bool {
	return c.Item == record.ItemTest && slices.Contains(s.Labels, record.LabelBuild)
}

// good reports whether a verdict counts for a rule.
func good(v record.Verdict) bool {
	return v == record.Pass || v == record.Known || v == record.Fixed
}

// failing reports whether a verdict counts against a rule, because the spec ran.
func failing(v record.Verdict) bool {
	return v == record.Fail || v == record.Crash || v == record.Timeout
}

// join returns the names of provenances as a list.
func join(list []record.Provenance) record.Sentence {
	var en, zh []string
	for _, p := range list {
		name := render.ProvenanceName(p)
		en, zh = append(en, name.En), append(zh, name.In("zh"))
	}
	return record.Say(strings.Join(en, ", "), strings.Join(zh, "、"))
}
