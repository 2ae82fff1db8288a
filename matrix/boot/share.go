package boot

import (
	"context"
	"errors"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Share is what suites cost that are run one after the other in one machine.
type Share struct {
	Target  string          `json:"target"`
	Suites  int             `json:"suites"`
	Boot    time.Duration   `json:"boot_ns"`  // until the first suite's process ran
	Own     time.Duration   `json:"own_ns"`   // the processes' own times, as the guest measured them
	Total   time.Duration   `json:"total_ns"` // of it all, from QEMU's start to the last report
	Missing *record.Missing `json:"missing,omitempty"`
}

// Extra is what sharing costs beyond one boot and the suites' own times, as a share of these.
func (s Share) Extra() float64 { return float64(s.Total-s.Boot-s.Own) / float64(s.Boot+s.Own) }

// MeasureShare runs the specs of the options Times times in one machine.
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
