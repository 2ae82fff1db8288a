// Package boot measures how long virtual machines take from QEMU's start to a payload's first word, and what suites cost
// that share one.
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
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Options of a measurement.
type Options struct {
	Builder *build.Builder
	Item    string   // the suite that the payload runs
	Specs   []string // and which of its specs
	Times   int      // how often
}

// Figures are one target's.
type Figures struct {
	Target  string          `json:"target"`
	Boots   int             `json:"boots"`
	Valid   int             `json:"valid"` // boots after which every spec had its verdict
	Median  time.Duration   `json:"median_ns"`
	Low     time.Duration   `json:"low_ns"`
	High    time.Duration   `json:"high_ns"`
	Most    time.Duration   `json:"most_ns,omitempty"` // what the median should stay under; 0 for no such target
	Missing *record.Missing `json:"missing,omitempty"` // why there are no figures
	Invalid []string        `json:"invalid,omitempty"` // what went wrong with the others
}

// most are what boots may take on two cores, by the kernel's series.
var most = map[string]time.Duration{
	"loong64":   4 * time.Second,
	"arm64-64k": 2500 * time.Millisecond,
	"arm64-16k": 4 * time.Second,
	"amd64":     5 * time.Second,
}

// machine is a target that is ready to boot.
type machine struct {
	target   launch.Target
	launcher launch.Launcher
	payload  build.Payload
}

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

// shutDown ends the virtual machine, so that the next process boots another.
func (m *machine) shutDown() error {
	if c, ok := m.launcher.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Measure boots a target's machine again and again. The first boot does not count: it reads files that are in memory
// after it, and finds out whether KVM works.
func Measure(ctx context.Context, t launch.Target, o Options) (Figures, error) {
	f := Figures{Target: t.ID, Most: most[t.Guest.Kernel]}
	m, err := prepare(ctx, t, o.Builder)
	if errors.As(err, &f.Missing) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	var took []time.Duration
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
			took = append(took, d)
		}
		f.Boots++
	}
	if f.Valid = len(took); f.Valid > 0 {
		slices.Sort(took)
		f.Low, f.Median, f.High = took[0], took[len(took)/2], took[len(took)-1]
	}
	return f, nil
}

// boot boots once, and gives the time until the first spec began.
func (m *machine) boot(ctx context.Context, o Options) (time.Duration, error) {
	began := time.Now()
	first, _, err := m.process(ctx, o)
	if err = errors.Join(err, m.shutDown()); err != nil {
		return 0, err
	}
	return first.Sub(began), nil
}

// process runs the specs in one process. It gives when the first of them began, and how long the process ran by the
// machine's own clock.
func (m *machine) process(ctx context.Context, o Options) (first time.Time, ran time.Duration, err error) {
	about := m.launcher.Describe(m.target, m.payload)
	p, err := m.launcher.Start(ctx, m.target, m.payload, launch.Options{Request: record.Request{
		Item: o.Item, Round: 1, Seed: 1, Specs: o.Specs, Stretch: 5, Launch: about}})
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
