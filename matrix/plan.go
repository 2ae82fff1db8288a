package matrix

import (
	"path"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Selection selects targets, suites and rounds of a matrix.
type Selection struct {
	Targets  []string // globs, see Matrix.selected; if empty, the targets that run by default
	Suites   []string // globs; if empty, the suites of the matrix
	Rounds   int      // of specs that measure
	Have     []string // items for which this program has a suite
	Features []string // CPU features of this machine
	World    string   // ABI world of this machine; "" if it is not loong64
}

// Plan says what will run, and why the rest will not.
type Plan struct {
	Targets  []Target // with at least one cell
	Items    []string
	Cells    []Cell
	Excluded []Excluded
}

// Rounds returns the largest number of rounds of a plan's cells; 1 if it has no cells.
func (p Plan) Rounds() int {
	rounds := 1
	for _, c := range p.Cells {
		rounds = max(rounds, c.Rounds)
	}
	return rounds
}

// Cell is a target by an item, with the number of rounds.
type Cell struct {
	Target Target
	Item   string
	Rounds int
	Key    build.Key
}

// Excluded is a target by an item that will not run, with the reason.
type Excluded struct {
	Target, Item string
	Why          record.Sentence
}

// Plan returns the plan for a selection. It depends only on its arguments. It returns a *record.Problem if nothing is selected.
func (m *Matrix) Plan(sel Selection) (Plan, error) {
	var p Plan
	items := m.items(sel)
	for _, t := range m.Targets {
		for _, item := range items {
			if why := m.exclusionReason(t, item, sel); why.En != "" {
				p.Excluded = append(p.Excluded, Excluded{Target: t.ID, Item: item, Why: why})
				continue
			}
			p.Cells = append(p.Cells, Cell{Target: t, Item: item, Rounds: t.rounds(sel.Rounds), Key: t.withMachineWorld(sel).Key(t.needsPurego(sel))})
			p.addCell(t, item)
		}
	}
	if len(p.Cells) == 0 {
		return p, record.Wrongf("", "nothing is selected: `xcmatrix plan` shows the targets and suites there are",
			"没有选中任何单元：用 `xcmatrix plan` 查看可用的目标和套件")
	}
	return p, nil
}

// addCell adds the target and the item of a cell to the lists of the plan.
func (p *Plan) addCell(t Target, item string) {
	if !slices.ContainsFunc(p.Targets, func(u Target) bool { return u.ID == t.ID }) {
		p.Targets = append(p.Targets, t)
	}
	if !slices.Contains(p.Items, item) {
		p.Items = append(p.Items, item)
	}
}

// items returns the suites of the matrix, and other suites that the selection names.
func (m *Matrix) items(sel Selection) []string {
	items := slices.Clone(m.Suites)
	for _, i := range catalog.Items() {
		if Named(sel.Suites, i.ID) && !slices.Contains(items, i.ID) && slices.Contains(sel.Have, i.ID) {
			items = append(items, i.ID)
		}
	}
	return items
}

// exclusionReason returns why a cell is not planned; an empty sentence if it is planned.
func (m *Matrix) exclusionReason(t Target, item string, sel Selection) record.Sentence {
	for _, r := range m.Exclude {
		if matches(r.Target, t.ID) && matches(r.Suite, item) {
			return record.Say(r.Why, r.Why)
		}
	}
	included := slices.ContainsFunc(m.Include, func(r Rule) bool { return matches(r.Target, t.ID) && matches(r.Suite, item) })
	switch {
	case !slices.Contains(sel.Have, item):
		return record.Say("this program has no such suite yet", "本程序尚无此套件")
	case len(sel.Targets) > 0 && !m.selected(sel.Targets, t):
		return record.Say("not selected by --target", "未被 --target 选中")
	case len(sel.Suites) > 0 && !Named(sel.Suites, item):
		return record.Say("not selected by --suite", "未被 --suite 选中")
	case len(sel.Targets) == 0 && !t.ByDefault() && !included:
		return record.Sayf("runs when it is named: --target %s", "点名时才运行：--target %s", t.ID)
	}
	return record.Sentence{}
}

// selected reports whether the globs select the target. A glob that matches targets which run by default selects only those, so
// that loong64* does not boot a virtual machine by accident. A name, or a glob that matches no such target, selects all that it
// matches.
func (m *Matrix) selected(globs []string, t Target) bool {
	return slices.ContainsFunc(globs, func(g string) bool {
		onlyDefault := g != t.ID && slices.ContainsFunc(m.Targets, func(u Target) bool { return u.ByDefault() && matches(g, u.ID) })
		return matches(g, t.ID) && (t.ByDefault() || !onlyDefault)
	})
}

// rounds returns the number of rounds of a target for a selection of n rounds: 1 under an emulator, whose speed is never compared.
func (t Target) rounds(n int) int {
	if t.Run == "emulated" {
		return 1
	}
	return max(n, 1)
}

// withMachineWorld returns the target with the ABI world of this machine, if it is native and declares none.
func (t Target) withMachineWorld(sel Selection) Target {
	if t.Run == "native" && t.World == "" && t.GOARCH == "loong64" {
		t.World = sel.World
	}
	return t
}

// needsPurego reports whether the target needs a payload without assembly: it declares so, or its CPU has no LSX, which the
// assembly for loong64 needs.
func (t Target) needsPurego(sel Selection) bool {
	if t.Code != "" {
		return t.Code == "purego"
	}
	if t.Run == "native" {
		return catalog.NeedsPurego(t.GOARCH, sel.Features)
	}
	name, options, _ := strings.Cut(t.CPU, ",")
	model, ok := catalog.FindChip("qemu-" + name)
	features := slices.DeleteFunc(slices.Clone(model.Vectors), func(v string) bool {
		return slices.Contains(strings.Split(options, ","), v+"=off")
	})
	return ok && catalog.NeedsPurego(t.GOARCH, features)
}

// Named reports whether one of the globs matches the id.
func Named(globs []string, id string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return matches(g, id) })
}

func matches(glob, id string) bool {
	ok, err := path.Match(glob, id)
	return ok && err == nil
}

// CheckGlobs returns a *record.Problem for a glob that is invalid or matches none of the ids. flag is the flag that it was given by.
func CheckGlobs(flag string, globs, ids []string) error {
	for _, g := range globs {
		if _, err := path.Match(g, ""); err != nil {
			return record.Wrongf(flag, "%q is not a glob", "%q 不是有效的通配符", g)
		}
		if !slices.ContainsFunc(ids, func(id string) bool { return matches(g, id) }) {
			return record.Wrongf(flag, "%q matches none of %s", "%q 与下列任何一项都不匹配：%s", g, strings.Join(ids, ", "))
		}
	}
	return nil
}
