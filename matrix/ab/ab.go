// Package ab measures two variants on this machine side by side: A B B A, and again. What disturbs the machine for
// longer than a process takes disturbs both alike, and a drift that is steady cancels out within a block.
package ab

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// Side is one of the variants.
type Side struct {
	Label   string
	Env     []string // "GOGC=75": what the payload is told beside what both are
	Payload build.Payload

	// Test is a test binary: `go test -bench` of it measures this side, and no payload. Bench is the benchmark's path,
	// BenchmarkX/y, and As the name that the suite gives it.
	Test, Bench, As string
}

// Options are what both sides share.
type Options struct {
	Item     string
	Specs    []record.SpecPlan // that measure
	Env      []string
	Reads    []string // variables of this process's own environment that the suite reads
	Seed     uint64
	Memory   uint64
	Progress func(done, total int) // may be nil

	// Left is told of each spec that measured nothing, because what it needs is not there or is not for this machine; of
	// each process anew. It may be nil.
	Left func(spec string, why record.Sentence)
}

// maxPayload is the longest program that is taken, in bytes.
const maxPayload = 1 << 30

// Payload is a file as a payload.
func Payload(path string) (build.Payload, error) {
	f, err := regular.OpenNamed(path, maxPayload)
	if err != nil {
		return build.Payload{}, err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return build.Payload{}, err
	}
	return build.Payload{Path: path, Digest: fmt.Sprintf("sha256:%x", sum.Sum(nil))}, nil
}

// Blocks measures so many blocks of A B B A, each a fresh process. The two processes of a side in one block are one
// round.
func Blocks(ctx context.Context, a, b Side, blocks int, o Options) ([]series.Sampled, error) {
	var turns []turn
	for i := range blocks {
		turns = append(turns, turn{a, i + 1}, turn{b, i + 1}, turn{b, i + 1}, turn{a, i + 1})
	}
	return o.take(ctx, turns)
}

// Alternate measures so many rounds of each, A B A B, as two machines would: a round is one process.
func Alternate(ctx context.Context, a, b Side, rounds int, o Options) ([]series.Sampled, error) {
	var turns []turn
	for i := range rounds {
		turns = append(turns, turn{a, i + 1}, turn{b, i + 1})
	}
	return o.take(ctx, turns)
}

// turn is one process.
type turn struct {
	side  Side
	round int
}

func (o Options) take(ctx context.Context, turns []turn) ([]series.Sampled, error) {
	var all []series.Sampled
	for i, t := range turns {
		measure := o.process
		if t.side.Test != "" {
			measure = o.goTest
		}
		samples, err := measure(ctx, t)
		if err != nil {
			return nil, err
		}
		all = append(all, series.Sampled{Item: o.Item, Samples: samples, Origin: series.Origin{File: t.side.Label,
			Provenance: record.Native, Payload: t.side.Payload.Digest, Round: t.round}})
		if o.Progress != nil {
			o.Progress(i+1, len(turns))
		}
	}
	return all, nil
}

// process measures once. A spec that does not pass has measured nothing that could be compared.
func (o Options) process(ctx context.Context, t turn) ([]record.Sample, error) {
	native := launch.Target{ID: t.side.Label, Name: "native"}
	launcher, err := launch.For(native)
	if err != nil {
		return nil, err
	}
	r := record.Request{Item: o.Item, Round: t.round, Seed: o.Seed, Stretch: 1, Launch: launcher.Describe(native, t.side.Payload)}
	for _, s := range o.Specs {
		r.Specs = append(r.Specs, s.ID)
	}
	env := append(append([]string{}, o.Env...), t.side.Env...)
	p, err := launcher.Start(ctx, native, t.side.Payload, launch.Options{Request: r, Env: env, Reads: o.Reads, Memory: o.Memory})
	if err != nil {
		return nil, err
	}
	samples, err := o.listen(p.Events())
	if err != nil {
		p.Kill(record.Say("it did not pass", "未通过"))
	}
	exit := p.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, err
	case exit.Code != 0:
		return nil, fmt.Errorf("%s: the payload ended with status %d %s", t.side.Label, exit.Code, exit.Signal)
	}
	return samples, nil
}

// listen collects what a payload measures.
func (o Options) listen(events io.Reader) ([]record.Sample, error) {
	var samples []record.Sample
	in := record.NewReader(events)
	for {
		e, _, err := in.Next()
		var line *record.LineError
		switch {
		case errors.As(err, &line):
			continue // another party's print
		case errors.Is(err, io.EOF):
			return samples, nil
		case err != nil:
			return nil, err
		case e.Kind == record.KindSample:
			samples = append(samples, *e.Sample)
		case e.Kind == record.KindSpecEnd && e.End.Verdict != record.Pass:
			if err := o.notPassed(e.Spec, e.End); err != nil {
				return nil, err
			}
		}
	}
}

// notPassed tells of a spec that was left out. What it measured if it failed is not to be compared, so that is an error.
func (o Options) notPassed(spec string, end *record.SpecEnd) error {
	why := record.Sentence{}
	if end.Detail != nil {
		why = *end.Detail
	}
	if end.Verdict != record.Skip && end.Verdict != record.Miss {
		return record.Wrongf("", "%s did not pass (%s): %[3]s", "%[1]s 未通过（%[2]s）：%[3]s", spec, end.Verdict, why)
	}
	if o.Left != nil {
		o.Left(spec, why)
	}
	return nil
}
