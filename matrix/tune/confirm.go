package tune

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// confirm compares the best setting with the baseline in blocks A B B A of new measurements, as those that chose it favour it, and
// returns the advice. A setting that takes more memory than there is cannot be recommended, and neither can the default: where it
// does, the best setting that fits is, unless the baseline is shown to be better.
func (s *search) confirm(ctx context.Context) (*tuning.Advice, error) {
	base := s.baseline()
	a := &tuning.Advice{Memory: s.Memory, Objective: s.Objective, Baseline: base, Recommended: base, Candidate: base,
		Gain: tuning.Ratio{Ratio: 1, Low: 1, High: 1}, Verdict: tuning.NoGain}
	if candidate, is := s.candidate(base); is {
		a.Candidate = candidate
		var err error
		if a.Gain, a.Verdict, a.Blocks, err = s.compare(ctx, base, candidate); err != nil {
			return nil, err
		}
	}
	if !s.defaultFits() {
		a.Excess = uint64(s.point(tuning.Default).Memory.Value)
	}
	if a.Verdict == tuning.Gain || a.Excess > 0 && (a.Gain.High >= 1 || base == tuning.Default) {
		a.Recommended = a.Candidate
	}
	for _, setting := range s.order {
		a.Points = append(a.Points, s.point(setting))
	}
	for setting, why := range s.failed {
		if s.measured[setting] == nil {
			a.Untold = append(a.Untold, tuning.Untold{Setting: setting, Why: *why})
		}
	}
	a.Untold, a.Runs = append(a.Untold, s.untold...), s.runs
	return a, nil
}

// defaultFits reports whether the default takes no more memory than the program may use.
func (s *search) defaultFits() bool {
	p := s.point(tuning.Default)
	return !p.Memory.Known() || p.Memory.Value <= float64(s.Memory)
}

// baseline returns the setting that others are compared with: the default, or, where that takes too much memory, the best one without
// a limit that does not. Where there is no such setting, either, it is the default.
func (s *search) baseline() tuning.Setting {
	if s.defaultFits() {
		return tuning.Default
	}
	for _, p := range s.eligible() {
		if p.Limit == 0 {
			return p.Setting
		}
	}
	return tuning.Default
}

// candidate returns the setting to compare with the baseline: the best one; of those that are within half of what counts as a gain,
// the one that differs least from the default. It returns false if there is none, or if the baseline fits and is better than all.
func (s *search) candidate(base tuning.Setting) (tuning.Setting, bool) {
	points := slices.DeleteFunc(s.eligible(), func(p tuning.Point) bool { return p.Setting == base })
	if len(points) == 0 {
		return base, false
	}
	cost := func(p *tuning.Point) float64 { return p.Of(s.Objective).Cost() }
	best, chosen := points[0], points[0]
	for _, p := range points[1:] {
		if cost(&p) <= cost(&best)*(1+s.Delta/2) && distance(p.Setting) < distance(chosen.Setting) {
			chosen = p
		}
	}
	is := s.point(base)
	return chosen.Setting, cost(&chosen) < cost(&is) || !s.defaultFits()
}

// distance is how far a setting is from the default: a limit is farther than none.
func distance(s tuning.Setting) float64 {
	far := 0.0
	if s.Limit > 0 {
		far = 100
	}
	if s.Percent == tuning.Off {
		return far + 10
	}
	return far + math.Abs(math.Log(float64(s.Percent)/float64(tuning.Default.Percent)))
}

// compare measures a baseline and a candidate in blocks and returns the candidate's gain. It ends after the least number of blocks if
// that is clear by then.
func (s *search) compare(ctx context.Context, base, candidate tuning.Setting) (gain tuning.Ratio, verdict tuning.Verdict, blocks int, err error) {
	affordable := int((s.Budget - time.Since(s.began)) / (4 * s.pace()))
	most := min(max(affordable, leastBlocks), mostBlocks)
	var all []series.Sampled
	for blocks = 1; blocks <= most; blocks++ {
		for _, setting := range []tuning.Setting{base, candidate, candidate, base} {
			samples, err := s.run(ctx, setting)
			if err != nil {
				return gain, "", 0, err
			}
			all = append(all, series.Sampled{Item: "gc", Samples: s.objectives(samples), Origin: series.Origin{File: setting.String(), Provenance: record.Native, Round: blocks}})
		}
		if blocks != leastBlocks && blocks != most {
			continue
		}
		if gain, verdict, err = s.judge(all); err != nil || s.isClear(gain) {
			return gain, verdict, blocks, err
		}
	}
	return gain, verdict, most, nil
}

// judge compares the two settings of some blocks by the rules of package compare.
func (s *search) judge(all []series.Sampled) (gain tuning.Ratio, verdict tuning.Verdict, err error) {
	set, problems := series.Collect(all, series.File)
	if len(problems) > 0 {
		return gain, "", problems[0]
	}
	rules := compare.Defaults
	rules.Test, rules.Mixed, rules.Delta, rules.Control = compare.Paired, true, s.Delta, 0
	table, err := compare.Compare(set, rules)
	if err != nil {
		return gain, "", err
	}
	gain, verdict = gainOf(&table.Rows[0])
	return gain, verdict, nil
}

// isClear reports whether more blocks would not change the verdict: no gain that matters is within the interval, or there would be one
// if the interval were twice as wide. That is why looking twice makes hardly more false verdicts than looking once.
func (s *search) isClear(gain tuning.Ratio) bool {
	ratio, low, high := float64(gain.Ratio), float64(gain.Low), float64(gain.High)
	return high < 1+s.Delta || ratio-2*(ratio-low) > 1+s.Delta
}

// objectives leaves only the samples of the objective.
func (s *search) objectives(samples []record.Sample) (some []record.Sample) {
	for _, sample := range samples {
		if sample.Name == string(s.Objective) {
			some = append(some, sample)
		}
	}
	return some
}

// gainOf returns how many times better the row's side is than the reference, and whether that is a gain.
func gainOf(r *compare.Row) (tuning.Ratio, tuning.Verdict) {
	gain := tuning.Ratio{Ratio: r.Ratio, Low: r.Low, High: r.High}
	if r.Better == record.Lower {
		gain = tuning.Ratio{Ratio: 1 / gain.Ratio, Low: 1 / gain.High, High: 1 / gain.Low}
	}
	if r.Verdict == compare.Faster {
		return gain, tuning.Gain
	}
	return gain, tuning.NoGain
}
