package tune

import (
	"context"
	"math"
	"time"

	"github.com/xcmatrix/xcmatrix/results/compare"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// confirm compares the best setting with the default in blocks A B B A of new measurements, as those that chose it favour it, and
// returns the advice.
func (s *search) confirm(ctx context.Context) (*tuning.Advice, error) {
	a := &tuning.Advice{Memory: s.Memory, Objective: s.Objective, Recommended: tuning.Default, Candidate: tuning.Default,
		Gain: tuning.Ratio{Ratio: 1, Low: 1, High: 1}, Verdict: tuning.NoGain}
	if candidate, is := s.candidate(); is {
		a.Candidate = candidate
		var err error
		if a.Gain, a.Verdict, a.Blocks, err = s.compare(ctx, candidate); err != nil {
			return nil, err
		}
	}
	if a.Verdict == tuning.Gain {
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

// candidate returns the setting to compare with the default: the best one; of those that are within half of what counts as a
// gain, the one that differs least from the default. It returns false if there is none, or if the default is better than all.
func (s *search) candidate() (tuning.Setting, bool) {
	points := s.eligible()
	if len(points) == 0 {
		return tuning.Setting{}, false
	}
	cost := func(p *tuning.Point) float64 { return p.Of(s.Objective).Cost() }
	best, chosen := points[0], points[0]
	for _, p := range points[1:] {
		if cost(&p) <= cost(&best)*(1+s.Delta/2) && distance(p.Setting) < distance(chosen.Setting) {
			chosen = p
		}
	}
	base := s.point(tuning.Default)
	return chosen.Setting, cost(&chosen) < cost(&base) || s.unfitDefault(&base)
}

// unfitDefault reports whether the default takes more memory than the program may use.
func (s *search) unfitDefault(base *tuning.Point) bool {
	return base.Memory.Known() && base.Memory.Value > float64(s.Memory)
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

// compare measures the default and a candidate in blocks and returns the candidate's gain.
func (s *search) compare(ctx context.Context, candidate tuning.Setting) (gain tuning.Ratio, verdict tuning.Verdict, blocks int, err error) {
	affordable := int((s.Budget - time.Since(s.began)) / (4 * s.pace()))
	blocks = min(max(affordable, leastBlocks), mostBlocks)
	var all []series.Sampled
	for i := range blocks {
		for _, setting := range []tuning.Setting{tuning.Default, candidate, candidate, tuning.Default} {
			samples, err := s.run(ctx, setting)
			if err != nil {
				return gain, "", 0, err
			}
			all = append(all, series.Sampled{Item: "gc", Samples: s.objectives(samples), Origin: series.Origin{File: setting.String(), Provenance: record.Native, Round: i + 1}})
		}
	}
	set, problems := series.Collect(all, series.File)
	if len(problems) > 0 {
		return gain, "", 0, problems[0]
	}
	rules := compare.Defaults
	rules.Test, rules.Mixed, rules.Delta, rules.Control = compare.Paired, true, s.Delta, 0
	table, err := compare.Compare(set, rules)
	if err != nil {
		return gain, "", 0, err
	}
	gain, verdict = gainOf(&table.Rows[0])
	return gain, verdict, blocks, nil
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
