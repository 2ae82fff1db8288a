// Package boot measures how long a virtual machine takes from the start of QEMU to the start of a payload's first spec, and the
// cost of running several suites in one machine.
package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/median"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Options of a measurement.
type Options struct {
	Builder *build.Builder
	Item    string   // the suite that the payload runs
	Specs   []string // ids of the specs that it runs
	Times   int      // number of boots
}

// Figures are the boot times of a target.
type Figures struct {
	Target     string          `json:"target"`
	Boots      int             `json:"boots"`
	Valid      int             `json:"valid"` // boots after which every spec had a verdict
	Median     time.Duration   `json:"median_ns"`
	Low        time.Duration   `json:"low_ns"`
	High       time.Duration   `json:"high_ns"`
	TargetTime time.Duration   `json:"most_ns,omitempty"` // the median should be below it; 0 if there is none
	Missing    *record.Missing `json:"missing,omitempty"` // why there are no figures
	Invalid    []string        `json:"invalid,omitempty"` // errors of the other boots
}

// targetTimes are the times that a boot should take at most on two cores, by the series of the kernel.
var targetTimes = map[string]time.Duration{
	"loong64":   4 * time.Second,
	"arm64-64k": 2500 * time.Millisecond,
	"arm64-16k": 4 * time.Second,
	"amd64":     5 * time.Second,
}

// machine is a target whose launcher and payload are ready.
type machine struct {
	target   launch.Target
	launcher launch.Launcher
	payload  build.Payload
}

// prepare finds the launcher and builds the payload of a target. It returns a *record.Missing if something is absent.
func prepare(ctx context.Context, t launch.Target, b *build.Builder) (*machine, error) {
	l, err := launch.For(t)
	if err != nil {
		return nil, err
	}
	if err := l.Ready(ctx, t); err != nil {
		return nil, err
	}
	p, err := b.Build(ctx, t.Key)
	return &machine{t, l, p}, err
}

// shutDown ends the virtual machine. The next process boots a new one.
func (m *machine) shutDown() error {
	if c, ok := m.launcher.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Measure boots the virtual machine of a target o.Times+1 times. The first boot does not count: it reads files that are in the
// page cache afterwards, and finds out whether KVM works. If something is absent, the figures hold the reason, and err is nil.
func Measure(ctx context.Context, t launch.Target, o Options) (Figures, error) {
	f := Figures{Target: t.ID, TargetTime: targetTimes[t.Guest.Kernel]}
	m, err := prepare(ctx, t, o.Builder)
	if errors.As(err, &f.Missing) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	var durations []time.Duration
	for i := range o.Times + 1 {
		d, err := m.boot(ctx, o)
		if ctx.Err() != nil {
			return f, context.Cause(ctx)
		}
		switch {
		case i == 0:
			continue
		case err != nil:
			f.Invalid = append(f.Invalid, fmt.Sprintf("%d: %v", i, err))
		default:
			durations = append(durations, d)
		}
		f.Boots++
	}
	if f.Valid = len(durations); f.Valid > 0 {
		slices.Sort(durations)
		f.Low, f.Median, f.High = durations[0], median.OfSorted(durations), durations[len(durations)-1]
	}
	return f, nil
}

// boot boots once and returns the time until the first spec started.
func (m *machine) boot(ctx context.Context, o Options) (time.Duration, error) {
	began := time.Now()
	first, _, err := m.process(ctx, o)
	if err = errors.Join(err, m.shutDown()); err != nil {
		return 0, err
	}
	return first.Sub(began), nil
}

// process runs the specs in one process. It returns the time when the first spec started and, by the guest's clock, how long the
// process ran. It returns an error if a spec has no verdict.
func (m *machine) process(ctx context.Context, o Options) (first time.Time, ran time.Duration, err error) {
	launched := m.launcher.Describe(m.target, m.payload)
	p, err := m.launcher.Start(ctx, m.target, m.payload, launch.Options{Request: record.Request{
		Item: o.Item, Round: 1, Seed: 1, Specs: o.Specs, Stretch: 5, Launch: launched}})
	if err != nil {
		return first, 0, err
	}
	ended := 0
	for in := record.NewReader(p.Events()); ; {
		e, _, err := in.Next()
		if err != nil && !errors.As(err, new(*record.LineError)) {
			break
		}
		switch {
		case err != nil:
		case e.Kind == record.KindSpecStart && first.IsZero():
			first = time.Now()
		case e.Kind == record.KindSpecEnd:
			ended++
		}
	}
	exit := p.Wait()
	if exit.Code != 0 || ended != len(o.Specs) {
		return first, 0, fmt.Errorf("%d of %d specs have a verdict; %s", ended, len(o.Specs), exit.Reason().En)
	}
	return first, exit.Ran, nil
}
