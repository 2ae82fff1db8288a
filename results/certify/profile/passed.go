package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Looked counts the optional specs, and the specs of servers of a choice, that had a result. No laboratory needs all of
// them.
type Looked struct {
	Optional int      `json:"optional"` // optional specs with a result
	Absent   int      `json:"absent"`   // optional specs whose verdict is miss
	Servers  []Server `json:"servers"`  // servers of a choice that specs ran on
	Choice   bool     `json:"choice"`   // the profile has rules with a choice of servers
}

// Server is one server of a choice that specs ran on.
type Server struct {
	Name   string `json:"name"`
	Looked int    `json:"looked"` // specs with a result
	Missed int    `json:"missed"` // specs whose verdict is miss
}

// looked counts the specs of all rules.
func (p *Profile) looked(cells []*store.CellRun) Looked {
	l := Looked{Servers: []Server{}}
	for _, c := range cells {
		for _, s := range c.Specs {
			switch {
			case !s.Optional() || !slices.Contains(p.Items(), c.Item):
			case s.Verdict == record.Miss:
				l.Absent++
			case s.Verdict != record.Skip:
				l.Optional++
			}
		}
	}
	for _, r := range p.Rules {
		if r.Choice == "" {
			continue
		}
		l.Choice = true
		for name, g := range r.groups(cells) {
			if g.looked > 0 && !slices.ContainsFunc(l.Servers, func(s Server) bool { return s.Name == name }) {
				l.Servers = append(l.Servers, Server{Name: name, Looked: g.looked, Missed: g.missed})
			}
		}
	}
	slices.SortFunc(l.Servers, func(a, b Server) int { return strings.Compare(a.Name, b.Name) })
	return l
}

// group counts the specs of one server of a choice.
type group struct{ looked, missed int }

// groups returns the groups of the rule's choice, by name.
func (r Rule) groups(cells []*store.CellRun) map[string]group {
	all := map[string]group{}
	for _, c := range cells {
		for _, s := range c.Specs {
			name, ok := r.group(s)
			if !ok || !r.counts(c, s) {
				continue
			}
			g := all[name]
			switch {
			case s.Verdict == record.Miss:
				g.missed++
			case good(s.Verdict) || failing(s.Verdict):
				g.looked++
			}
			all[name] = g
		}
	}
	return all
}

// group returns the name of the group of the rule's choice that a spec belongs to, and whether there is one.
func (r Rule) group(s *store.Spec) (string, bool) {
	if r.Choice == "" {
		return "", false
	}
	for _, l := range s.Labels {
		if name, ok := strings.CutPrefix(l, r.Choice+"="); ok {
			return name, true
		}
	}
	return "", false
}

// count counts the specs of a rule by their verdicts.
type count struct {
	verdicts  map[record.Verdict]int
	good, all int
	seen      map[string]bool // items that have verdicts other than miss and skip
	worst     string
	verdict   record.Verdict // of worst
}

// passed returns the share, in per cent, of specs with a good verdict among those that apply. It returns false if too few
// specs count.
func (r Rule) passed(cells []*store.CellRun) (float64, record.Sentence, bool) {
	n := count{verdicts: map[record.Verdict]int{}, seen: map[string]bool{}, verdict: record.Pass}
	groups := r.groups(cells)
	for _, c := range cells {
		for _, s := range c.Specs {
			if name, ok := r.group(s); r.counts(c, s) && !(ok && groups[name].looked == 0) {
				n.add(r, c, s)
			}
		}
	}
	return r.share(n, groups)
}

// add counts a spec.
func (n *count) add(r Rule, c *store.CellRun, s *store.Spec) {
	n.verdicts[s.Verdict]++
	switch {
	case s.Verdict == record.Skip:
		return
	case s.Verdict == record.Miss && (s.Optional() || slices.Contains(r.Allow, record.Miss)):
		return
	case good(s.Verdict):
		n.good++
	case s.Verdict.Worse(n.verdict):
		n.worst, n.verdict = c.Item+": "+s.ID, s.Verdict
	}
	if s.Verdict != record.Miss {
		n.seen[c.Item] = true
	}
	n.all++
}

// share returns the result of passed for a count.
func (r Rule) share(n count, groups map[string]group) (float64, record.Sentence, bool) {
	text := tally(n.verdicts)
	if r.Choice != "" && !slices.ContainsFunc(slices.Collect(maps.Values(groups)), func(g group) bool { return g.looked > 0 }) {
		return 0, record.Sayf("no %s was looked at: name one (`xcmatrix doctor` says how)", "未检查任何服务器（%s）：请指定一个（`xcmatrix doctor` 说明方法）", r.Choice), false
	}
	if n.all == 0 && n.verdicts[record.Skip] > 0 && slices.Contains(r.Items, record.ItemTest) { // a product of which nothing ran has shown nothing
		return 0, record.Sayf("nothing was seen of %s (%s)", "没有任何关于 %s 的结果（%s）", record.ItemTest, text), false
	}
	if n.all == 0 && n.verdicts[record.Skip] >= r.Minimum && n.verdicts[record.Miss] == 0 {
		return 100, record.Sayf("none of the %d specs applies here", "%d 个检查项在此均不适用", n.verdicts[record.Skip]), r.Level == L1
	}
	if n.all == 0 && len(n.verdicts) == 0 {
		return 0, record.Say(fmt.Sprintf("0 specs counted, %d are wanted: the item was not checked", r.Minimum), "本次未检测该项"), false
	}
	if n.all < r.Minimum {
		return 0, record.Sayf("%d specs counted, %d are wanted (%s)", "计入 %d 个检查项，至少需要 %d 个（%s）", n.all, r.Minimum, text), false
	}
	for _, item := range r.Items {
		if !n.seen[item] {
			return 0, record.Sayf("nothing was seen of %s (%s)", "没有任何关于 %s 的结果（%s）", item, text), false
		}
	}
	e := record.Sayf("%[1]d of %[2]d specs in order (%[3]s)", "%[1]d/%[2]d 个检查项符合要求（%[3]s）", n.good, n.all, text)
	if n.worst != "" {
		e = record.Sayf("%s; first of the worst: %s is %s", "%s；最严重的一项：%s，结论为“%s”", e, n.worst, render.VerdictName(n.verdict))
	}
	return 100 * float64(n.good) / float64(n.all), e, true
}

// counts reports whether a spec is one of the rule's, by its item and labels.
func (r Rule) counts(c *store.CellRun, s *store.Spec) bool {
	if !slices.Contains(r.Items, c.Item) {
		return false
	}
	has := func(label string) bool { return slices.Contains(s.Labels, label) }
	return !slices.ContainsFunc(r.Labels, func(l string) bool { return !has(l) }) && !slices.ContainsFunc(r.Without, has)
}

// tally returns the numbers of verdicts as a list, the worst verdict first.
func tally(count map[record.Verdict]int) record.Sentence {
	var en, zh []string
	for _, v := range record.Verdicts {
		if count[v] > 0 {
			name := render.VerdictName(v)
			en, zh = append(en, fmt.Sprintf("%d %s", count[v], name.En)), append(zh, fmt.Sprintf("%d %s", count[v], name.In("zh")))
		}
	}
	if len(en) == 0 {
		return record.Say("0", "0")
	}
	return record.Say(strings.Join(en, ", "), strings.Join(zh, "、"))
}
