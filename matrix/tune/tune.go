// Package tune looks for the setting of the garbage collector that serves a program best: it measures some settings in processes
// of their own, leaves out those that cannot win, and compares the best one with the default anew.
package tune

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// Measure runs the program once under a setting, in a process of its own, and returns samples with the names of package tuning.
type Measure func(ctx context.Context, s tuning.Setting) ([]record.Sample, error)

// Options of a search.
type Options struct {
	Objective tuning.Objective
	Memory    uint64 // bytes that the program may use
	Measure   Measure
	Budget    time.Duration // how long all may take
	Delta     float64       // a gain up to this share is none
	Progress  func(done int, now tuning.Setting)
}

// Search measures settings and returns the advice. It returns a *record.Problem if one measurement takes so long that the search
// does not fit into the budget, or if the program does not tell the figure of the objective; otherwise the error of a measurement
// of the default. An error under another setting only means that it is not recommended.
func Search(ctx context.Context, o Options) (*tuning.Advice, error) {
	s := &search{Options: o, began: time.Now(), measured: map[tuning.Setting][][]record.Sample{}, failed: map[tuning.Setting]*record.Sentence{}}
	if err := s.first(ctx); err != nil {
		return nil, err
	}
	if err := s.explore(ctx); err != nil {
		return nil, err
	}
	return s.confirm(ctx)
}

// search is the state of a search.
type search struct {
	Options
	began    time.Time
	each     time.Duration // that one measurement takes
	runs     int
	order    []tuning.Setting
	measured map[tuning.Setting][][]record.Sample
	failed   map[tuning.Setting]*record.Sentence
	untold   []tuning.Untold
}

// The smallest search: each GOGC once, and the blocks of the last comparison, of which compare wants as many.
const (
	leastBlocks  = 5
	mostBlocks   = 8
	leastExplore = 8
)

// percents are the values of GOGC that are measured without a limit.
var percents = []int{100, 200, 400, 50, 75, 80}

// first measures the default twice. It leaves out the first measurement, because it reads files that later ones find in
// memory, and sets each to the time of the second. It returns a *record.Problem if the budget is too short for the
// search, or if the program does not print the objective.
func (s *search) first(ctx context.Context) error {
	if _, err := s.Measure(ctx, tuning.Default); err != nil {
		return err
	}
	began := time.Now()
	if err := s.measure(ctx, tuning.Default); err != nil {
		return err
	}
	if s.each = time.Since(began); s.each*(4*leastBlocks+leastExplore) > s.Budget {
		return record.Wrongf("--time", "one measurement takes %[1]v, and at least %[2]d are needed: make the workload shorter, or give it more than %[3]v",
			"一次测量需要 %[1]v，而至少需要 %[2]d 次：请缩短负载，或将时间设为超过 %[3]v", s.each.Round(time.Second/10), 4*leastBlocks+leastExplore,
			(s.each * (4*leastBlocks + leastExplore)).Round(time.Second))
	}
	if p := s.point(tuning.Default); !p.Of(s.Objective).Known() {
		return record.Wrongf("--objective", "the workload tells no %s", "该负载未给出 %s", s.Objective)
	}
	return nil
}

// measure measures a setting once more. It returns an error if the measurement of the default fails, or if ctx is done.
func (s *search) measure(ctx context.Context, setting tuning.Setting) error {
	samples, err := s.run(ctx, setting)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && setting == tuning.Default:
		return err
	case err != nil:
		why := record.Sayf("the program failed: %v", "程序失败：%v", err)
		s.failed[setting] = &why
		return nil
	}
	if s.measured[setting] == nil {
		s.order = append(s.order, setting)
	}
	s.measured[setting] = append(s.measured[setting], samples)
	return nil
}

// run runs the program once, after it has told the progress.
func (s *search) run(ctx context.Context, setting tuning.Setting) ([]record.Sample, error) {
	if s.Progress != nil {
		s.Progress(s.runs, setting)
	}
	s.runs++
	return s.Measure(ctx, setting)
}

// explore measures GOGC without a limit, then limits where they may matter, then the best ones again.
func (s *search) explore(ctx context.Context) error {
	var all []tuning.Setting
	for _, p := range percents {
		all = append(all, tuning.Setting{Percent: p})
	}
	larger := all[:3]
	if err := s.round(ctx, larger); err != nil {
		return err
	}
	limited := s.limits() // before smaller values of GOGC, which seldom gain: a slow machine may not come to those
	if err := s.round(ctx, append(limited, all[len(larger):]...)); err != nil {
		return err
	}
	if promising := s.promising(); s.left() >= len(promising) {
		if err := s.round(ctx, reversed(promising)); err != nil {
			return err
		}
	}
	for range 2 { // the best ones again, and the default beside them
		best := s.best(3)
		if len(best) == 0 || s.left() < len(best)+1 {
			return nil
		}
		if err := s.round(ctx, append(best, tuning.Default)); err != nil {
			return err
		}
	}
	return nil
}

func reversed(settings []tuning.Setting) []tuning.Setting {
	settings = slices.Clone(settings)
	slices.Reverse(settings)
	return settings
}

// left returns how many measurements the budget allows before those of the last comparison.
func (s *search) left() int {
	return int((s.Budget-time.Since(s.began))/s.pace()) - 4*leastBlocks
}

// pace returns how long a measurement has taken so far.
func (s *search) pace() time.Duration {
	return max(time.Since(s.began)/time.Duration(s.runs+1), time.Millisecond)
}

// round measures settings once each, as far as the budget allows; failed ones are left out.
func (s *search) round(ctx context.Context, settings []tuning.Setting) error {
	for _, setting := range settings {
		if s.failed[setting] != nil || s.left() < 1 {
			continue
		}
		if err := s.measure(ctx, setting); err != nil {
			return err
		}
	}
	return nil
}

// point returns the point of a setting by what was measured so far, with the reason if it is not to be recommended.
func (s *search) point(setting tuning.Setting) tuning.Point {
	p := tuning.PointOf(setting, s.measured[setting])
	p.Why = s.unfit(&p)
	return p
}

// near is how many times the best setting's cost one may have that is measured again.
const near = 1.25

// promising returns the default, and the settings that may be recommended and are not much worse than the best one.
func (s *search) promising() (some []tuning.Setting) {
	some = append(some, tuning.Default)
	points := s.eligible()
	for _, p := range points {
		if p.Of(s.Objective).Cost() <= near*points[0].Of(s.Objective).Cost() {
			some = append(some, p.Setting)
		}
	}
	return some
}

// best returns up to n settings other than the default that may be recommended, the best first.
func (s *search) best(n int) (best []tuning.Setting) {
	points := s.eligible()
	for _, p := range points[:min(n, len(points))] {
		best = append(best, p.Setting)
	}
	return best
}

// eligible returns the points other than the default that may be recommended, the best first.
func (s *search) eligible() (points []tuning.Point) {
	for _, setting := range s.order {
		if p := s.point(setting); p.Why == nil && setting != tuning.Default {
			points = append(points, p)
		}
	}
	slices.SortStableFunc(points, func(a, b tuning.Point) int { return cmp.Compare(a.Of(s.Objective).Cost(), b.Of(s.Objective).Cost()) })
	return points
}
