// Package ab measures two variants on this machine in the order A B B A, repeatedly. A disturbance that lasts longer than a
// process affects both variants alike, and a steady drift cancels out within a block.
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

// Side is one of the two variants.
type Side struct {
	Label   string
	Env     []string // variables of this side only, such as "GOGC=75"
	Payload build.Payload

	// Test is the path of a test binary. If it is set, this side is measured by that binary and not by the payload. Bench is
	// the path of the benchmark, such as BenchmarkX/y, and As is its name in the suite.
	Test, Bench, As string
}

// Options are the same for both sides.
type Options struct {
	Item     string
	Specs    []record.SpecPlan // that measure
	Env      []string          // variables of both sides
	Reads    []string          // variables of this process's own environment that the suite reads
	Seed     uint64
	Memory   uint64                // bytes that a payload may use; 0 for no limit
	Progress func(done, total int) // may be nil

	// Skipped is called for each spec that did not measure, with the reason: something is absent, or the spec does not apply
	// to this machine. It is called again for each process. It may be nil.
	Skipped func(spec string, reason record.Sentence)
}

// maxPayload is the largest accepted program in bytes.
const maxPayload = 1 << 30

// Payload returns the payload of a file, with its digest. It returns an error if the path is no regular file of at most maxPayload
// bytes.
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

// Blocks measures the given number of blocks A B B A; each letter is a new process. The two processes of a side in a block are
// one round. It returns an error if a process fails or a spec does not pass.
func Blocks(ctx context.Context, a, b Side, blocks int, o Options) ([]series.Sampled, error) {
	var processes []process
	for i := range blocks {
		processes = append(processes, process{a, i + 1}, process{b, i + 1}, process{b, i + 1}, process{a, i + 1})
	}
	return o.measureAll(ctx, processes)
}

// Alternate measures the given number of rounds in the order A B A B, as two machines would. A round is one process. It returns an
// error if a process fails or a spec does not pass.
func Alternate(ctx context.Context, a, b Side, rounds int, o Options) ([]series.Sampled, error) {
	var processes []process
	for i := range rounds {
		processes = append(processes, process{a, i + 1}, process{b, i + 1})
	}
	return o.measureAll(ctx, processes)
}

// process is one measurement of a side.
type process struct {
	side  Side
	round int
}

// measureAll runs the processes one after the other and returns their samples.
func (o Options) measureAll(ctx context.Context, processes []process) ([]series.Sampled, error) {
	var all []series.Sampled
	for i, p := range processes {
		samples, err := o.Measure(ctx, p.side, p.round)
		if err != nil {
			return nil, err
		}
		all = append(all, samples)
		if o.Progress != nil {
			o.Progress(i+1, len(processes))
		}
	}
	return all, nil
}

// Measure runs one process of a side and returns its samples. It returns an error if the process fails or a spec does not pass.
func (o Options) Measure(ctx context.Context, side Side, round int) (series.Sampled, error) {
	measure := o.measurePayload
	if side.Test != "" {
		measure = o.goTest
	}
	samples, err := measure(ctx, process{side, round})
	return series.Sampled{Item: o.Item, Samples: samples, Origin: series.Origin{File: side.Label, Provenance: record.Native,
		Payload: side.Payload.Digest, Round: round}}, err
}

// measurePayload runs one process of a payload and returns its samples. It returns an error if a spec neither passes nor is skipped.
func (o Options) measurePayload(ctx context.Context, t process) ([]record.Sample, error) {
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
	samples, err := o.collectSamples(p.Events())
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

// collectSamples returns the samples in a payload's events.
func (o Options) collectSamples(events io.Reader) ([]record.Sample, error) {
	var samples []record.Sample
	in := record.NewReader(events)
	for {
		e, _, err := in.Next()
		var line *record.LineError
		switch {
		case errors.As(err, &line):
			continue // a line that something else printed
		case errors.Is(err, io.EOF):
			return samples, nil
		case err != nil:
			return nil, err
		case e.Kind == record.KindSample:
			samples = append(samples, *e.Sample)
		case e.Kind == record.KindSpecEnd && e.End.Verdict != record.Pass:
			if err := o.skipSpec(e.Spec, e.End); err != nil {
				return nil, err
			}
		}
	}
}

// skipSpec reports a spec that was skipped or misses something to Options.Skipped. It returns a *record.Problem for any other
// verdict, because the samples of a spec that failed must not be compared.
func (o Options) skipSpec(spec string, end *record.SpecEnd) error {
	reason := record.Sentence{}
	if end.Detail != nil {
		reason = *end.Detail
	}
	if end.Verdict != record.Skip && end.Verdict != record.Miss {
		return record.Wrongf("", "%s did not pass (%s): %[3]s", "%[1]s 未通过（%[2]s）：%[3]s", spec, end.Verdict, reason)
	}
	if o.Skipped != nil {
		o.Skipped(spec, reason)
	}
	return nil
}
