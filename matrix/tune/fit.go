package tune

import (
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

const (
	// fewCycles is how often the collector must have run in a measurement that shows what a setting costs.
	fewCycles = 3
	// dearer is how many times the default's CPU time a setting may cost that is to save memory.
	dearer = 1.25
	// unseen is what a process has beside what the runtime counts, in bytes: its program and libraries, and stacks of C. A limit
	// is this far and at least a tenth below the memory that the program may use, as the Go guide has it.
	unseen = 40 << 20
)

// unfit returns the reason for which a setting is not recommended; nil if there is none. The default is never unfit: it is what
// the others are compared with.
func (s *search) unfit(p *tuning.Point) *record.Sentence {
	because := func(en, zh string, args ...any) *record.Sentence {
		why := record.Sayf(en, zh, args...)
		return &why
	}
	base := tuning.PointOf(tuning.Default, s.measured[tuning.Default])
	switch {
	case s.failed[p.Setting] != nil:
		return s.failed[p.Setting]
	case p.Setting == tuning.Default:
		return nil
	case p.Spiral && p.Limit > 0 && p.Cycles > 3*base.Cycles+10: // with few cycles it is the machine that is busy
		return because("a death spiral: the collector ran all the time, and then gave up the limit", "陷入垃圾回收循环：回收器持续运行，随后放弃了上限")
	case p.Memory.Known() && p.Memory.Value > float64(s.Memory):
		return because("it takes %s, and may take %s", "占用 %s，而上限为 %s", mebibytes(p.Memory.Value), tuning.Bytes(s.Memory))
	case p.Cycles < fewCycles:
		return because("the collector ran %.0f times: too few to show what it costs", "垃圾回收只运行了 %.0f 次，不足以显示其开销", p.Cycles)
	case s.Objective == tuning.Memory && p.Throughput.Known() && p.Throughput.Cost() > dearer*base.Throughput.Cost():
		return because("an operation takes %.2f times the default's CPU time", "每次操作的 CPU 时间是默认设置的 %.2f 倍", p.Throughput.Cost()/base.Throughput.Cost())
	}
	return nil
}

func mebibytes(bytes float64) string { return tuning.Bytes(uint64(bytes) >> 20 << 20) }

// limits returns the settings with a limit that are worth a measurement: those where a process would reach the limit and has room
// below it. It notes the others with the reason.
func (s *search) limits() (worth []tuning.Setting) {
	base := s.point(tuning.Default)
	loose := s.Memory - min(max(s.Memory/10, unseen), s.Memory)
	for _, limit := range []uint64{loose, loose / 4 * 3} {
		limit = limit >> 20 << 20
		candidates := []tuning.Setting{{Percent: tuning.Off, Limit: limit}, {Percent: tuning.Default.Percent, Limit: limit}}
		for _, setting := range candidates {
			if why := s.pointless(setting, &base); why != nil {
				s.untold = append(s.untold, tuning.Untold{Setting: setting, Why: *why})
			} else {
				worth = append(worth, setting)
			}
		}
	}
	return worth
}

// pointless returns the reason for which a setting with a limit is not measured; nil if it is to be.
func (s *search) pointless(setting tuning.Setting, base *tuning.Point) *record.Sentence {
	because := func(en, zh string, args ...any) *record.Sentence {
		why := record.Sayf(en, zh, args...)
		return &why
	}
	room := float64(setting.Limit) - base.Live
	switch {
	case float64(setting.Limit) < 1.15*base.Live || setting.Limit == 0:
		return because("%s are in use: the collector would run all the time", "存活数据为 %s：垃圾回收会不停运行", mebibytes(base.Live))
	case setting.Percent == tuning.Off && base.Allocated < fewCycles*room:
		return because("a measurement allocates %s: too little to reach the limit %d times", "一次测量分配 %s，不足以 %d 次达到上限", mebibytes(base.Allocated), fewCycles)
	case setting.Percent != tuning.Off && base.Memory.Value < float64(setting.Limit):
		return because("without a limit it takes %s: the limit would not be reached", "不设上限时占用 %s，不会达到该上限", mebibytes(base.Memory.Value))
	}
	return nil
}
