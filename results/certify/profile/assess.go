package profile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Assessment is what a profile says of one target.
type Assessment struct {
	Level Level     `json:"level"` // the highest reached; "" for none
	Rules []Outcome `json:"rules"`
}

// Outcome is what came of one rule.
type Outcome struct {
	Rule      string          `json:"rule"`
	Level     Level           `json:"level"`
	Met       bool            `json:"met"`
	Inherited bool            `json:"inherited,omitempty"` // met by a certificate of a like machine
	Value     string          `json:"value"`               // of the indicator; "" when it could not be taken
	Objective string          `json:"objective"`
	Evidence  record.Sentence `json:"evidence"`
}

// Assess holds a target of a run, to which triage has been applied, against the profile. inherited names the rules that
// a certificate of a like machine carries; they hold where this run has nothing to say, and what
// inherits is never L3.
func (p *Profile) Assess(run *store.Run, target string, inherited []string) Assessment {
	a := Assessment{}
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

// reached is the highest level of which every rule, and of those below, is met. A level without rules is not reached.
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

func cellsOf(run *store.Run, target string) []*store.CellRun {
	var cells []*store.CellRun
	for _, c := range run.Cells {
		if c.Target == target {
			cells = append(cells, c)
		}
	}
	return cells
}

// planned reports whether the run was to check anything of the rule's items.
func (r Rule) planned(cells []*store.CellRun) bool {
	return slices.ContainsFunc(cells, func(c *store.CellRun) bool { return slices.Contains(r.Items, c.Item) })
}

func (r Rule) assess(run *store.Run, target string, cells []*store.CellRun) Outcome {
	o := Outcome{Rule: r.ID, Level: r.Level, Objective: r.Objective.Text}
	if foreign := r.foreign(cells); foreign != "" {
		o.Evidence = record.Sayf("%s takes results that are %s; these are %s", "%s 只接受来源为 %s 的结果；本目标的来源为 %s",
			r.Level, join(r.Provenance), foreign)
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
	return o
}

// foreign is a provenance among the rule's cells that the rule does not take; "" for none.
func (r Rule) foreign(cells []*store.CellRun) record.Provenance {
	for _, c := range cells {
		if len(r.Items) > 0 && !slices.Contains(r.Items, c.Item) {
			continue
		}
		for _, l := range c.Launches {
			if !slices.Contains(r.Provenance, l.Provenance) {
				return l.Provenance
			}
		}
	}
	return ""
}

func join(list []record.Provenance) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = string(p)
	}
	return strings.Join(words, ", ")
}

// passed is the share of the specs that apply which are in order.
func (r Rule) passed(cells []*store.CellRun) (float64, record.Sentence, bool) {
	good, all := 0, 0
	count := map[record.Verdict]int{}
	worst := ""
	worstVerdict := record.Pass
	for _, c := range cells {
		for _, s := range c.Specs {
			if !r.counts(c, s) {
				continue
			}
			count[s.Verdict]++
			switch s.Verdict {
			case record.Skip:
				continue
			case record.Pass, record.Known, record.Fixed:
				good++
			default:
				if slices.Contains(r.Allow, s.Verdict) {
					continue
				}
				if s.Verdict.Worse(worstVerdict) {
					worst, worstVerdict = c.Item+": "+s.ID, s.Verdict
				}
			}
			all++
		}
	}
	text := tally(count)
	e := record.Sayf("%[1]d of %[2]d specs in order (%[3]s)", "%[1]d/%[2]d 个检查项符合要求（%[3]s）", good, all, text)
	if worst != "" {
		e = record.Say(fmt.Sprintf("%s; first of the worst: %s is %s", e.En, worst, worstVerdict),
			fmt.Sprintf("%s；最严重的一项：%s 为 %s", e.Zh, worst, worstVerdict))
	}
	if all == 0 && count[record.Skip] >= r.Minimum {
		return 100, record.Sayf("none of the %d specs applies here", "%d 个检查项在此均不适用", count[record.Skip]), r.Level == L1
	}
	if all < r.Minimum {
		return 0, record.Sayf("%d specs counted, %d are wanted (%s)", "计入 %d 个检查项，至少需要 %d 个（%s）", all, r.Minimum, text), false
	}
	return 100 * float64(good) / float64(all), e, true
}

// counts reports whether the rule looks at a spec.
func (r Rule) counts(c *store.CellRun, s *store.Spec) bool {
	if !slices.Contains(r.Items, c.Item) {
		return false
	}
	has := func(label string) bool { return slices.Contains(s.Labels, label) }
	return !slices.ContainsFunc(r.Labels, func(l string) bool { return !has(l) }) && !slices.ContainsFunc(r.Without, has)
}

func tally(count map[record.Verdict]int) string {
	var words []string
	for _, v := range record.Verdicts {
		if count[v] > 0 {
			words = append(words, fmt.Sprintf("%d %s", count[v], v))
		}
	}
	if len(words) == 0 {
		return "0"
	}
	return strings.Join(words, ", ")
}
