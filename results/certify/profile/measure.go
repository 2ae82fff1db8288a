package profile

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/median"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Mismatch returns the differences between a target's machine and its declaration; nil if there are none. Emulated cells
// are left out, because under a user-mode emulator a part of the fingerprint is that of the host.
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

// Differs returns the differences between a machine and its declaration. Fields that are not declared may have any value.
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

// machine returns the share, in per cent, of fingerprints that fit the declaration. It returns false if there are none,
// or if it is unknown on which machine a part of the results was made: native cells with fingerprints of several
// machines, or with verdicts but without a fingerprint.
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

// say returns the address of a new sentence.
func say(en, zh string, args ...any) *record.Sentence {
	s := record.Sayf(en, zh, args...)
	return &s
}

// series has the values of one benchmark, by round.
type series struct {
	name, unit string
	better     record.Better
	rounds     map[int][]float64
}

// series returns the series of the rule's items, in the run's order, without rounds that unfit excludes and without CPU
// time.
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

// unfit returns the reason why the samples of a cell do not count: the machine was not quiet, or its noise is not
// recorded. It returns nil if they count.
func unfit(c *store.CellRun) *record.Sentence {
	if len(c.Noise) == 0 {
		return say("nothing says how quiet the machine was", "没有记录机器的安静程度")
	}
	return c.Unfit()
}

// medians returns the median of each round, in the rounds' order.
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

// noBenchmark returns the sentence that there are no samples that count.
func (r Rule) noBenchmark(cells []*store.CellRun) record.Sentence {
	return r.withExcluded(cells, record.Say("nothing was measured", "没有任何测量值"))
}

// withExcluded returns evidence with the number of rounds that unfit excludes, and the first reason.
func (r Rule) withExcluded(cells []*store.CellRun, evidence record.Sentence) record.Sentence {
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

// rounds returns the number of rounds of the benchmark that has the fewest; 0 if a benchmark failed, because a failed one
// leaves no samples. It returns false if no samples count.
func (r Rule) rounds(cells []*store.CellRun) (float64, record.Sentence, bool) {
	for _, c := range cells {
		for _, s := range c.Specs {
			if s.Measures() && (failing(s.Verdict) || s.Verdict == record.Error) && (len(r.Items) == 0 || slices.Contains(r.Items, c.Item)) {
				return 0, record.Sayf("the benchmark %.200q of %s is %s", "%[2]s 的基准测试 %.200[1]q 结论为“%[3]s”", s.ID, c.Item, render.VerdictName(s.Verdict)), true
			}
		}
	}
	all := r.series(cells)
	if len(all) == 0 {
		return 0, r.noBenchmark(cells), false
	}
	least := slices.MinFunc(all, func(a, b *series) int { return cmp.Compare(len(a.rounds), len(b.rounds)) })
	return float64(len(least.rounds)), r.withExcluded(cells, record.Sayf("%s has %d rounds, the fewest of %d benchmarks",
		"%s 有 %d 轮，为 %d 个基准测试中最少", least.name, len(least.rounds), len(all))), true
}

// noise returns the largest coefficient of variation, in per cent, of the round medians of a benchmark. It returns false
// if no benchmark has two rounds.
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

// variation returns the coefficient of variation in per cent.
func variation(v []float64) float64 {
	mean, squares := 0.0, 0.0
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		squares += (x - mean) * (x - mean) / float64(len(v)-1)
	}
	switch {
	case mean == 0 && squares > 0: // the mean of positive and negative values says nothing
		return math.Inf(1)
	case mean == 0:
		return 0
	}
	return 100 * math.Sqrt(squares) / math.Abs(mean)
}

// speed returns the worst round median of the rule's benchmark, in its unit. It returns false if no samples count.
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
