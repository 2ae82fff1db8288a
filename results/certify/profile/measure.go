package profile

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/median"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Mismatch says in what a target's machine differs from its declaration; nothing when it does not, or when the machine
// is not the target's own (under a user-mode emulator the fingerprint is partly this machine's).
func Mismatch(run *store.Run, target string) []record.Sentence {
	declared, _ := run.Target(target)
	var out []record.Sentence
	for _, c := range cellsOf(run, target) {
		if c.Machine != nil && c.Provenance() != record.Emulated {
			out = append(out, Differs(declared, c.Machine)...)
		}
	}
	slices.SortFunc(out, func(a, b record.Sentence) int { return cmp.Compare(a.En, b.En) })
	return slices.Compact(out)
}

// Differs says in what a machine is not the declared one; what is not declared may be anything.
func Differs(declared store.Target, m *record.Machine) []record.Sentence {
	var out []record.Sentence
	for _, p := range []struct{ en, zh, declared, found string }{
		{"architecture", "架构", declared.GOARCH, m.GOARCH},
		{"chip", "芯片", declared.Chip, m.Chip},
		{"system", "操作系统", declared.System, m.System},
	} {
		if p.declared != "" && p.declared != p.found {
			out = append(out, record.Say("declared "+p.en+" "+p.declared+", found "+cmp.Or(p.found, "unknown"),
				"声明的"+p.zh+"为 "+p.declared+"，实际为 "+cmp.Or(p.found, "未知")))
		}
	}
	return out
}

// machine is the share of fingerprints that fit the declaration. Where it is not emulated, all are of one machine, and no
// cell has verdicts without a fingerprint: else nobody knows whose results these are.
func machine(run *store.Run, target string, cells []*store.CellRun) (float64, record.Sentence, bool) {
	declared, _ := run.Target(target)
	var first *record.Machine
	var odd *record.Sentence
	fit, all := 0, 0
	for _, c := range cells {
		emulated := c.Provenance() == record.Emulated
		if emulated && len(c.Machines) > 0 && (declared.Chip != "" || declared.System != "") {
			return 0, record.Sayf("declared %s, but emulated: an emulator is neither that chip nor that system", "声明为 %s，但结果来自模拟器：模拟器既不是该芯片，也不是该系统",
				strings.TrimSpace(declared.Chip+" "+declared.System)), true
		}
		if len(c.Machines) == 0 && answered(c) {
			all, odd = all+1, cmp.Or(odd, say("%s has verdicts and no fingerprint: nobody says on which machine it ran", "%s 有结论但没有机器指纹：运行所在机器不明", c.Item))
		}
		for _, m := range c.Machines {
			all++
			if !emulated && first == nil {
				first = m
			}
			switch {
			case emulated && m.GOARCH == declared.GOARCH:
				fit++
			case emulated || len(Differs(declared, m)) > 0:
			case m.Chip != first.Chip || m.System != first.System || m.GOARCH != first.GOARCH:
				odd = cmp.Or(odd, say("%s ran on another machine: %.80q with %.80q, where others ran on %.80q with %.80q",
					"%s 在另一台机器上运行：%.80q、%.80q，其他项在 %.80q、%.80q 上运行", c.Item, m.Chip, m.System, first.Chip, first.System))
			default:
				fit++
			}
		}
	}
	if all == 0 {
		return 0, record.Say("no payload left a fingerprint", "没有任何测试程序留下机器指纹"), false
	}
	evidence := record.Sayf("%d of %d fingerprints fit the declaration", "%d/%d 个机器指纹与声明一致", fit, all)
	if odd != nil {
		evidence = record.Sayf("%s; %s", "%s；%s", evidence, *odd)
	}
	return 100 * float64(fit) / float64(all), evidence, true
}

// answered reports whether a cell has a verdict that counts.
func answered(c *store.CellRun) bool {
	return slices.ContainsFunc(c.Specs, func(s *store.Spec) bool { return good(s.Verdict) || failing(s.Verdict) })
}

func say(en, zh string, args ...any) *record.Sentence {
	s := record.Sayf(en, zh, args...)
	return &s
}

// series is what one benchmark measured in each round.
type series struct {
	name, unit string
	better     record.Better
	rounds     map[int][]float64
}

// series of the rule's items, in the run's order, without the rounds that are unfit; CPU time is beside the point.
func (r Rule) series(cells []*store.CellRun) []*series {
	var order []*series
	byKey := map[[3]string]*series{}
	for _, c := range cells {
		if len(r.Items) > 0 && !slices.Contains(r.Items, c.Item) || unfit(c) != nil {
			continue
		}
		for _, s := range c.Samples {
			if s.Unit == "cpu-ns/op" || r.Benchmark != "" && (s.Name != r.Benchmark || s.Unit != r.Unit) {
				continue
			}
			key := [3]string{c.Item, s.Name, s.Unit}
			if byKey[key] == nil {
				byKey[key] = &series{name: c.Item + " " + s.Name, unit: s.Unit, better: s.Better, rounds: map[int][]float64{}}
				order = append(order, byKey[key])
			}
			byKey[key].rounds[c.Round] = append(byKey[key].rounds[c.Round], s.Value)
		}
	}
	return order
}

// unfit says why what a cell measured does not count: no quiet machine, or nobody says how quiet it was. nil if it does.
func unfit(c *store.CellRun) *record.Sentence {
	if len(c.Noise) == 0 {
		return say("nothing says how quiet the machine was", "没有记录机器的安静程度")
	}
	return c.Unfit()
}

// medians of the rounds, in the rounds' order.
func (s *series) medians() []float64 {
	var numbers []int
	for n := range s.rounds {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	out := make([]float64, len(numbers))
	for i, n := range numbers {
		out[i] = median.Of(s.rounds[n])
	}
	return out
}

// noBenchmark says that nothing was measured that counts.
func (r Rule) noBenchmark(cells []*store.CellRun) record.Sentence {
	return r.left(cells, record.Say("nothing was measured", "没有任何测量值"))
}

// left adds to evidence how many rounds were left out.
func (r Rule) left(cells []*store.CellRun, evidence record.Sentence) record.Sentence {
	n, first := 0, record.Sentence{}
	for _, c := range cells {
		if why := unfit(c); why != nil && len(c.Samples) > 0 && (len(r.Items) == 0 || slices.Contains(r.Items, c.Item)) {
			if n++; n == 1 {
				first = *why
			}
		}
	}
	if n == 0 {
		return evidence
	}
	return record.Sayf("%s; left out as too noisy: %d rounds, the first because %s", "%s；另有 %d 轮因噪声过大未计入，首个原因：%s",
		evidence, n, first)
}

// rounds of the benchmark that has fewest. One that fails has none: it cannot be left out by leaving no sample.
func (r Rule) rounds(cells []*store.CellRun) (float64, record.Sentence, bool) {
	for _, c := range cells {
		for _, s := range c.Specs {
			if s.Measures() && (failing(s.Verdict) || s.Verdict == record.Error) && (len(r.Items) == 0 || slices.Contains(r.Items, c.Item)) {
				return 0, record.Sayf("the benchmark %.200q of %s is %s", "%[2]s 的基准测试 %.200[1]q 为 %[3]s", s.ID, c.Item, s.Verdict), true
			}
		}
	}
	all := r.series(cells)
	if len(all) == 0 {
		return 0, r.noBenchmark(cells), false
	}
	least := slices.MinFunc(all, func(a, b *series) int { return cmp.Compare(len(a.rounds), len(b.rounds)) })
	return float64(len(least.rounds)), r.left(cells, record.Sayf("%s has %d rounds, the fewest of %d benchmarks",
		"%s 有 %d 轮，为 %d 个基准测试中最少", least.name, len(least.rounds), len(all))), true
}

func (r Rule) noise(cells []*store.CellRun) (float64, record.Sentence, bool) {
	worst, name := -1.0, ""
	for _, s := range r.series(cells) {
		if m := s.medians(); len(m) > 1 {
			if v := variation(m); v > worst {
				worst, name = v, s.name+" "+s.unit
			}
		}
	}
	if name == "" {
		return 0, record.Say("noise shows between rounds only: two or more are needed", "噪声只能在轮次之间体现：至少需要两轮"), false
	}
	return worst, record.Sayf("the noisiest is %s", "噪声最大的是 %s", name), true
}

// variation is the coefficient of variation in per cent.
func variation(v []float64) float64 {
	mean, squares := 0.0, 0.0
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		squares += (x - mean) * (x - mean) / float64(len(v)-1)
	}
	switch {
	case mean == 0 && squares > 0: // values on both sides of nothing agree in nothing
		return math.Inf(1)
	case mean == 0:
		return 0
	}
	return 100 * math.Sqrt(squares) / math.Abs(mean)
}

func (r Rule) speed(cells []*store.CellRun) (float64, record.Sentence, bool) {
	all := r.series(cells)
	if len(all) == 0 {
		return 0, r.noBenchmark(cells), false
	}
	medians := all[0].medians()
	worst := slices.Min(medians)
	if r.Objective.Most {
		worst = slices.Max(medians)
	}
	return worst, record.Sayf("the worst of %[1]d rounds; the threshold is %[2]s", "%[1]d 轮中最差的一轮；阈值来源：%[3]s",
		len(medians), r.Reference.En, r.Reference.In("zh")), true
}
