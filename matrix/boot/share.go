package boot

import (
	"context"
	"errors"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Share holds the times of suites that run one after the other in one virtual machine.
type Share struct {
	Target  string          `json:"target"`
	Suites  int             `json:"suites"`
	Boot    time.Duration   `json:"boot_ns"`  // until the first suite's process started
	Own     time.Duration   `json:"own_ns"`   // sum of the processes' times by the guest's clock
	Total   time.Duration   `json:"total_ns"` // from the start of QEMU to the end of the last process
	Missing *record.Missing `json:"missing,omitempty"`
}

// Extra returns the time beyond one boot and the processes' own times, divided by these times.
func (s Share) Extra() float64 { return float64(s.Total-s.Boot-s.Own) / float64(s.Boot+s.Own) }

// MeasureShare runs the specs o.Times times in one virtual machine. If something is absent, the result holds the reason, and err is nil.
func MeasureShare(ctx context.Context, t launch.Target, o Options) (Share, error) {
	s := Share{Target: t.ID, Suites: o.Times}
	m, err := prepare(ctx, t, o.Builder)
	if errors.As(err, &s.Missing) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	began := time.Now()
	for i := range o.Times {
		_, ran, err := m.process(ctx, o)
		if err != nil {
			return s, errors.Join(err, m.shutDown())
		}
		if i == 0 {
			s.Boot = time.Since(began) - ran
		}
		s.Own += ran
	}
	s.Total = time.Since(began)
	return s, m.shutDown()
}
